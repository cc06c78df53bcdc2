#include "lb/admin/gate.h"

#include <doctest/doctest.h>

#include "tests/unit/admin/request.h"

using weir::admin::Access;
using weir::admin::Gate;
using weir::base::SocketAddress;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

const std::string kToken = "correct-token";
const Fields kRight = {{"Authorization", "Bearer correct-token"}};

// The status with which the request is refused; 200 if it passes.
unsigned outcome(const std::string& bind, const std::string& token, Access access, const std::string& host,
                 const Fields& fields = {}) {
  const Gate gate(SocketAddress::parse(bind).value(), token);
  const auto head = request_head(weir::http::Method::get, "/", host, fields);
  const auto refusal = gate.refuse({head, {}}, access);
  return refusal ? refusal->status : 200;
}

}  // namespace

TEST_CASE("a Host that is a foreign name is refused, but not an address or localhost") {
  struct Row {
    const char* host;
    unsigned status;
  };
  for (const Row& row : {Row{"127.0.0.1:9900", 200}, Row{"127.0.0.1", 200}, Row{"localhost:9900", 200},
                         Row{"LocalHost", 200}, Row{"[::1]:9900", 200}, Row{"10.1.2.3:80", 200}, Row{"", 200},
                         Row{"evil.example", 403}, Row{"evil.example:9900", 403},
                         Row{"localhost.evil.example", 403}, Row{"127.0.0.1.evil.example:9900", 403},
                         Row{"[::1", 403}, Row{"[localhost]", 403}, Row{"::1", 403}}) {
    CAPTURE(row.host);
    CHECK(outcome("127.0.0.1:9900", "", Access::read, row.host) == row.status);
    CHECK(outcome("127.0.0.1:9900", "", Access::probe, row.host) == row.status);
  }
}

TEST_CASE("a foreign Host passes with the token, and on a unix socket") {
  CHECK(outcome("0.0.0.0:9900", kToken, Access::read, "weir-1.internal:9900", kRight) == 200);
  CHECK(outcome("unix:/run/weir.sock", "", Access::read, "anything") == 200);
}

TEST_CASE("an Origin that is not the request's own Host is refused, even with the token") {
  struct Row {
    const char* origin;
    unsigned status;
  };
  for (const Row& row :
       {Row{"http://127.0.0.1:9900", 200}, Row{"https://127.0.0.1:9900", 200},
        Row{"http://127.0.0.1:3000", 403}, Row{"http://127.0.0.1", 403}, Row{"http://evil.example", 403},
        Row{"null", 403}, Row{"", 403}, Row{"http://", 403}}) {
    CAPTURE(row.origin);
    Fields fields = kRight;
    fields.emplace_back("Origin", row.origin);
    CHECK(outcome("127.0.0.1:9900", kToken, Access::read, "127.0.0.1:9900", fields) == row.status);
  }
  CHECK(outcome("127.0.0.1:9900", "", Access::read, "127.0.0.1:9900",
                {{"Origin", "http://127.0.0.1:9900"}, {"Origin", "http://evil.example"}}) == 403);
  CHECK(outcome("unix:/run/weir.sock", "", Access::read, "localhost", {{"Origin", "http://evil.example"}}) ==
        403);
  CHECK(outcome("127.0.0.1:9900", "", Access::read, "", {{"Origin", "http://"}}) == 403);
}

TEST_CASE("who needs the token depends on the bind and on what is asked") {
  struct Row {
    const char* bind;
    bool token_set;
    Access access;
    unsigned without;
    unsigned with;
  };
  for (const Row& row :
       {Row{"127.0.0.1:9900", true, Access::probe, 200, 200},
        Row{"127.0.0.1:9900", true, Access::read, 200, 200},
        Row{"127.0.0.1:9900", true, Access::change, 401, 200},
        Row{"127.0.0.1:9900", false, Access::change, 200, 200},
        Row{"[::1]:9900", true, Access::change, 401, 200},
        Row{"unix:/run/weir.sock", true, Access::read, 200, 200},
        Row{"unix:/run/weir.sock", true, Access::change, 401, 200},
        Row{"0.0.0.0:9900", true, Access::probe, 200, 200}, Row{"0.0.0.0:9900", true, Access::read, 401, 200},
        Row{"10.0.0.1:9900", true, Access::change, 401, 200},
        // The configuration reader does not let this happen.
        Row{"10.0.0.1:9900", false, Access::read, 401, 401}}) {
    CAPTURE(row.bind);
    CAPTURE(static_cast<int>(row.access));
    CAPTURE(row.token_set);
    const std::string token = row.token_set ? kToken : "";
    CHECK(outcome(row.bind, token, row.access, "127.0.0.1:9900") == row.without);
    CHECK(outcome(row.bind, token, row.access, "127.0.0.1:9900", kRight) == row.with);
  }
}

TEST_CASE("only one Authorization field of the right scheme with the right token counts") {
  struct Row {
    Fields fields;
    unsigned status;
  };
  for (const Row& row :
       {Row{{{"Authorization", "bearer correct-token"}}, 200},
        Row{{{"Authorization", "Bearer  correct-token"}}, 200},
        Row{{{"Authorization", "Bearer wrong-token"}}, 401},
        Row{{{"Authorization", "Bearer correct-token2"}}, 401}, Row{{{"Authorization", "Bearer "}}, 401},
        Row{{{"Authorization", "Basic correct-token"}}, 401}, Row{{{"Authorization", "correct-token"}}, 401},
        Row{{{"Authorization", "Bearer correct-token"}, {"Authorization", "Bearer x"}}, 401}}) {
    CAPTURE(row.fields[0].second);
    CHECK(outcome("10.0.0.1:9900", kToken, Access::read, "10.0.0.1:9900", row.fields) == row.status);
  }
}

TEST_CASE("a refusal says what is missing, in the words of HTTP") {
  const Gate gate(SocketAddress::parse("10.0.0.1:9900").value(), kToken);
  const auto head = request_head(weir::http::Method::get, "/", "10.0.0.1:9900");
  const auto refusal = gate.refuse({head, {}}, Access::read);
  REQUIRE(refusal.has_value());
  CHECK(refusal->content_type == "application/problem+json");
  CHECK(refusal->fields.at(0) ==
        std::pair<std::string, std::string>{"WWW-Authenticate", "Bearer realm=\"weir\""});
  CHECK(refusal->body.find(kToken) == std::string::npos);
}
