#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lb/http/trace_ids.h"
#include "lb/observe/access_formatter.h"
#include "tests/unit/observe/access_samples.h"

using weir::observe::AccessFormatter;
using weir::observe::AccessRecord;
namespace http = weir::http;
namespace base = weir::base;
using namespace std::chrono_literals;
using weir::base::WallTime;

namespace {

std::string line_of(const AccessRecord& record) {
  std::string line;
  AccessFormatter().append(line, record);
  return line;
}

nlohmann::json parsed(const AccessRecord& record) { return nlohmann::json::parse(line_of(record)); }

}  // namespace

TEST_CASE("an exchange is one line of JSON with the fields of ALB's log in a fixed order") {
  CHECK(
      line_of(complete_record()) ==
      R"({"time":"2023-11-14T22:13:20.123Z","type":"http","listener":"web","client":"2001:db8::1",)"
      R"("client_port":51000,"target_group":"app","target":"10.0.1.10:8080","target_id":"app-1","zone":"az-1",)"
      R"("rule":"default","method":"GET","url":"http://example.com:8080/a?b=c","protocol":"HTTP/1.1",)"
      R"("status":200,"target_status":200,"received_bytes":120,"sent_bytes":18446744073709551615,)"
      R"("user_agent":"curl/8","request_id":"1-2","trace_id":"00-ab-cd-01","queue_seconds":0.000000,)"
      R"("connect_seconds":0.000001,"first_byte_seconds":0.012345,"total_seconds":3601.000000,"attempts":2,)"
      R"("reused":true,"reason":"","classification":"","classification_reason":""})"
      "\n");
}

TEST_CASE("what an exchange never came to is -1, null or empty") {
  AccessRecord record;
  record.status = 400;
  record.reason = "malformed";
  const auto line = parsed(record);
  for (const char* field : {"queue_seconds", "connect_seconds", "first_byte_seconds", "total_seconds"}) {
    CHECK(line[field] == -1);
  }
  CHECK(line["target_status"].is_null());
  CHECK(line["target"] == "");
  CHECK(line["url"] == "");
  CHECK(line["attempts"] == 0);
  CHECK(line["reused"] == false);
  CHECK(line["reason"] == "malformed");
}

TEST_CASE("what TLS and a PROXY header say of a client stands behind its port, and gRPC behind the status") {
  AccessRecord record = tls_record();
  record.grpc_status = 14;
  const std::string line = line_of(record);
  CHECK(line.find(R"("type":"h2","listener":"web","client":"192.0.2.7","client_port":51000,)"
                  R"("tls_version":"TLSv1.3","tls_cipher":"TLS_AES_128_GCM_SHA256",)"
                  R"("server_name":"example.com","proxied_alpn":"http/1.1",)"
                  R"("proxied_server_name":"front.test","proxied_tls_version":"TLSv1.2",)"
                  R"("proxied_tls_cipher":"ECDHE-RSA-AES128-GCM-SHA256","target_group":"app",)") !=
        std::string::npos);
  CHECK(line.find(R"("url":"https://example.com:443/a?b=c","protocol":"HTTP/2.0",)"
                  R"("status":200,"target_status":200,"grpc_status":14,"received_bytes":120)") !=
        std::string::npos);
  CHECK(nlohmann::json::accept(line));
}

TEST_CASE("a text of TLS that is not known is left out, and a gRPC status of 0 is one") {
  AccessRecord record = complete_record();
  record.client = access_part<weir::observe::AccessClient>(
      "https", "web", "192.0.2.7", std::uint16_t{7},
      weir::observe::AccessIntroduction{.tls = {.version = "TLSv1.2", .cipher = "X"}});
  record.grpc_status = 0;
  const auto line = parsed(record);
  CHECK(line["tls_version"] == "TLSv1.2");
  CHECK(line["grpc_status"] == 0);
  for (const char* absent :
       {"server_name", "proxied_alpn", "proxied_server_name", "proxied_tls_version", "proxied_tls_cipher"}) {
    CAPTURE(absent);
    CHECK_FALSE(line.contains(absent));
  }
}

TEST_CASE("the longest names that TLS and a PROXY header can bring are written whole") {
  const std::string longest(255, '\x01');  // each becomes six
  const weir::observe::AccessTls tls{.version = longest, .cipher = longest, .server_name = longest};
  const weir::observe::AccessClient client(longest, longest, longest, 65535,
                                           {.tls = tls, .proxied_alpn = longest, .proxied_tls = tls});
  AccessRecord record = complete_record();
  record.client = &client;
  const auto line = parsed(record);
  for (const char* field : {"server_name", "proxied_alpn", "proxied_tls_cipher"}) {
    CHECK(line[field] == longest);
  }
}

TEST_CASE("ids of weir's own are written as they are") {
  const http::TraceIds ids({1, 2, 3}, 1'700'000'000);
  AccessRecord record = complete_record();
  record.request_id = ids.request_id();
  record.trace_id = ids.amazon_root();
  const std::string line = line_of(record);
  record.own_ids = &ids;
  CHECK(line_of(record) == line);
  CHECK(parsed(record)["request_id"] == ids.request_id());
  CHECK(parsed(record)["trace_id"] == ids.amazon_root());
}

TEST_CASE("what is said of the attempts does not depend on how usual it is") {
  struct Row {
    std::uint32_t attempts;
    bool reused;
    const char* reason;
    const char* classification;
    base::Duration queue;
    base::Duration connect;
  };
  for (const Row& row : {Row{1, true, "", "", 0ns, 0ns}, Row{1, false, "", "", 0ns, 5ms},
                         Row{2, true, "", "", 7ms, 0ns}, Row{1, true, "target_reset", "", 0ns, 0ns},
                         Row{1, true, "", "ambiguous", 0ns, 0ns}, Row{0, false, "", "", -1ns, -1ns}}) {
    AccessRecord record;
    record.attempts = row.attempts;
    record.target_connection_reused = row.reused;
    // What there is none of is a view of nothing.
    if (*row.reason != '\0') record.reason = row.reason;
    if (*row.classification != '\0')
      record.classification = record.classification_reason = row.classification;
    record.queue = row.queue;
    record.connect = row.connect;
    const auto line = parsed(record);
    const auto seconds = [](base::Duration duration) {
      return duration < 0ns ? -1 : std::chrono::duration<double>(duration).count();
    };
    CHECK(line["attempts"] == row.attempts);
    CHECK(line["reused"] == row.reused);
    CHECK(line["reason"] == row.reason);
    CHECK(line["classification"] == row.classification);
    CHECK(line["classification_reason"] == row.classification);
    CHECK(line["queue_seconds"] == seconds(row.queue));
    CHECK(line["connect_seconds"] == seconds(row.connect));
  }
}

TEST_CASE("the URL names scheme, host, port and path as far as the client named them") {
  struct Row {
    const char* authority;
    const char* port;
    const char* target;
    const char* url;
  };
  for (const Row& row :
       {Row{"a.example", "80", "/", "http://a.example:80/"},
        Row{"a.example:81", "80", "/x", "http://a.example:81/x"}, Row{"[::1]", "80", "/", "http://[::1]:80/"},
        Row{"[::1]:9", "80", "/", "http://[::1]:9/"},
        Row{"a:b", "80", "/", "http://a:b/"},            // of a bad request
        Row{"a.example", "", "/", "http://a.example/"},  // a unix socket has no port
        Row{"a.example", "80", "*", "http://a.example:80"}, Row{"", "80", "/old", "/old"},
        Row{"", "80", "*", "*"}, Row{"a\"b", "80", "/\n", "http://a\"b:80/\n"}}) {
    CAPTURE(row.url);
    AccessRecord record;
    record.authority = row.authority;
    record.port = row.port;
    record.request_target = row.target;
    CHECK(parsed(record)["url"] == row.url);
  }
}

TEST_CASE("hostile bytes in every text field leave the line whole and valid") {
  const std::string line = line_of(hostile_record());
  CHECK(nlohmann::json::accept(line));
  CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("times follow the clock over the second, and before 1970 too") {
  AccessFormatter formatter;
  struct Row {
    std::int64_t milliseconds;
    const char* text;
  };
  for (const Row& row :
       {Row{1'699'999'999'999, "2023-11-14T22:13:19.999Z"},
        Row{1'700'000'000'000, "2023-11-14T22:13:20.000Z"},
        Row{1'700'000'000'007, "2023-11-14T22:13:20.007Z"}, Row{0, "1970-01-01T00:00:00.000Z"},
        Row{-1, "1969-12-31T23:59:59.999Z"}, Row{951'782'400'000, "2000-02-29T00:00:00.000Z"}}) {
    AccessRecord record;
    record.time = WallTime(std::chrono::milliseconds(row.milliseconds));
    std::string line;
    formatter.append(line, record);
    CHECK(nlohmann::json::parse(line)["time"] == row.text);
  }
}

TEST_CASE("long texts are cut, so that a line which may not be long stays JSON") {
  AccessRecord record = complete_record();
  const std::string text = "/" + std::string(20'000, 'a');
  record.request_target = record.user_agent = record.authority = record.trace_id = text;
  std::string line;
  AccessFormatter().append(line, record, {}, weir::observe::Redaction(), 1024);
  CHECK(line.size() < 6000);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["user_agent"] == text.substr(0, 1024) + "...");
  CHECK(json["status"] == 200);
}
