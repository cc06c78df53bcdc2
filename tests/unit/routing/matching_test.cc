#include "lb/routing/matching.h"

#include <doctest/doctest.h>

#include "tests/unit/routing/request.h"
#include "tests/unit/routing/rules.h"

namespace weir::routing {
namespace {

using test::Asked;
using test::Conditions;
using test::Request;

struct MatchRow {
  Conditions conditions;
  Request request;
  bool matches;
};

void check(std::initializer_list<MatchRow> rows) {
  int number = 0;
  for (const MatchRow& row : rows) {
    CAPTURE(number++);
    const model::Rule rule = test::rule(row.conditions);
    Asked asked(row.request);
    CHECK(matches(rule, asked.facts()) == row.matches);
    CHECK(mismatch(rule, asked.facts()).has_value() != row.matches);
  }
}

TEST_CASE("a rule without conditions matches everything") { check({{{}, {}, true}}); }

TEST_CASE("hosts match in either case, without port and final dot") {
  check({
      {{.hosts = {"API.example.com"}}, {.authority = "api.EXAMPLE.com.:8080"}, true},
      {{.hosts = {"a.com", "*.b.com"}}, {.authority = "x.y.b.com"}, true},
      {{.hosts = {"a.com", "*.b.com"}}, {.authority = "b.com"}, false},
      {{.hosts = {"~^api[0-9]+\\."}}, {.authority = "API7.x"}, true},
      {{.hosts = {"[::1]"}}, {.authority = "[::1]:80"}, true},
  });
}

TEST_CASE("paths match in their case, normalised, without the query") {
  check({
      {{.paths = {"/v1/*"}}, {.target = "/v1/a?b=c"}, true},
      {{.paths = {"/v1/*"}}, {.target = "/V1/a"}, false},
      {{.paths = {"=/v1"}}, {.target = "/v1?x"}, true},
      {{.paths = {"/admin/*"}}, {.target = "/public/..%2f%61dmin/x"}, true},
      {{.paths = {"~^/v[0-9]+/"}}, {.target = "/v12/x"}, true},
      {{.paths = {"*"}}, {.method = "OPTIONS", .target = "*"}, true},
  });
}

TEST_CASE("methods are exact and may be any word") {
  check({
      {{.methods = {"GET", "POST"}}, {.method = "POST"}, true},
      {{.methods = {"get"}}, {.method = "GET"}, false},
      {{.methods = {"PURGE"}}, {.method = "PURGE"}, true},
  });
}

TEST_CASE("of a repeated header any value will do, in either case") {
  check({
      {{.headers = {{"x-tenant", {"acme-*"}}}},
       {.fields = {{"X-Tenant", "other"}, {"x-tenant", "ACME-1"}}},
       true},
      {{.headers = {{"x-tenant", {"acme-*"}}}}, {.fields = {{"x-tenan", "acme-1"}}}, false},
      {{.headers = {{"x-tenant", {"*"}}}}, {}, false},
      {{.headers = {{"user-agent", {"*curl*"}}}}, {.fields = {{"User-Agent", "Curl/8"}}}, true},
      {{.headers = {{"a", {"1"}}, {"b", {"2"}}}}, {.fields = {{"A", "1"}, {"B", "3"}}}, false},
      {{.headers = {{"a", {"1", "3"}}, {"b", {"2"}}}}, {.fields = {{"A", "3"}, {"B", "2"}}}, true},
  });
}

TEST_CASE("query parameters match decoded, names and values in either case") {
  check({
      {{.query = {{"Version", {"two*"}}}}, {.target = "/?vERSION=Two%20%32"}, true},
      {{.query = {{"version", {"2"}}}}, {.target = "/?version=1&version=2"}, true},
      {{.query = {{"version", {"2"}}}}, {.target = "/version=2"}, false},
      {{.query = {{"*", {"secret"}}}}, {.target = "/?a=b&c=SECRET"}, true},
      {{.query = {{"*", {"secret"}}}}, {.target = "/?secret"}, false},
      {{.query = {{"q", {R"(\*)"}}}}, {.target = "/?q=*"}, true},
      {{.query = {{"q", {R"(\*)"}}}}, {.target = "/?q=x"}, false},
  });
}

TEST_CASE("cookies match with exact names and in their case") {
  check({
      {{.cookies = {{"beta", {"*"}}}}, {.fields = {{"Cookie", "a=b; beta="}}}, true},
      {{.cookies = {{"beta", {"On"}}}}, {.fields = {{"Cookie", "beta=on"}}}, false},
      {{.cookies = {{"beta", {"*"}}}}, {.fields = {{"Cookie", "Beta=1"}}}, false},
      {{.cookies = {{"beta", {"1"}}}}, {.fields = {{"Cookie", "a=1"}, {"Cookie", "beta=1"}}}, true},
  });
}

TEST_CASE("sources are networks of the client's address") {
  check({
      {{.sources = {"10.0.0.0/8", "2001:db8::/32"}}, {.from = "10.1.2.3"}, true},
      {{.sources = {"10.0.0.0/8", "2001:db8::/32"}}, {.from = "2001:db8::1"}, true},
      {{.sources = {"10.0.0.0/8", "2001:db8::/32"}}, {.from = "11.1.2.3"}, false},
  });
}

TEST_CASE("the first condition that does not hold is told with what was seen") {
  const Conditions all{.hosts = {"a.com"},
                       .paths = {"/v1/*"},
                       .methods = {"GET"},
                       .headers = {{"x-a", {"1"}}},
                       .query = {{"q", {"1"}}},
                       .cookies = {{"c", {"1"}}},
                       .sources = {"10.0.0.0/8"}};
  const auto told = [&](const Request& request) {
    Asked asked(request);
    return mismatch(test::rule(all), asked.facts());
  };
  Request request{.method = "PUT", .authority = "B.com:80", .target = "/v2/%61?q=2&Q=3"};
  CHECK(told(request) == Mismatch{Condition::host, "", "b.com"});
  request.authority = "a.com";
  CHECK(told(request) == Mismatch{Condition::path, "", "/v2/a"});
  request.target = "/v1/?q=2&Q=3";
  CHECK(told(request) == Mismatch{Condition::method, "", "PUT"});
  request.method = "GET";
  CHECK(told(request) == Mismatch{Condition::header, "x-a", std::nullopt});
  request.fields = {{"X-A", "2"}, {"x-a", "1"}};
  CHECK(told(request) == Mismatch{Condition::query, "q", "2, 3"});
  request.target = "/v1/?q=1";
  CHECK(told(request) == Mismatch{Condition::cookie, "c", std::nullopt});
  request.fields.emplace_back("Cookie", "c=1");
  CHECK(told(request) == Mismatch{Condition::source, "", "192.0.2.1"});
  request.from = "10.1.1.1";
  CHECK(told(request) == std::nullopt);
  CHECK(to_string(Condition::source) == "source");
}

}  // namespace
}  // namespace weir::routing
