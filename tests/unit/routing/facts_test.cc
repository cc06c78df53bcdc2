#include "lb/routing/facts.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>

#include "tests/unit/routing/request.h"

namespace weir::routing {
namespace {

using test::Asked;

std::string all(const NamedValues& values, std::string_view name) {
  std::string text;
  for (auto at = values.first(name); at; at = values.next(*at)) {
    text += fmt::format("[{}]", values.value(*at));
  }
  return text;
}

TEST_CASE("the host is that of the authority, in lower case, without the port and a final dot") {
  const std::pair<const char*, const char*> rows[] = {
      {"example.com", "example.com"},
      {"Example.COM", "example.com"},
      {"example.com:8080", "example.com"},
      {"example.com.", "example.com"},
      {"example.com.:80", "example.com"},
      {"[::1]", "[::1]"},
      {"[2001:DB8::1]:443", "[2001:db8::1]"},
      {"", ""},
      {"10.0.0.1:80", "10.0.0.1"},
  };
  for (const auto& [authority, host] : rows) {
    CAPTURE(authority);
    CHECK(Asked({.authority = authority}).facts().host() == host);
  }
}

TEST_CASE("query parameters are decoded, their names in lower case, in order") {
  Asked asked({.target = "/p%3f?A=1&b=x+y%2B%26&a=2&&c&=empty&d=%zz&e=f=g?h"});
  const NamedValues& query = asked.facts().query();
  CHECK(all(query, "a") == "[1][2]");
  CHECK(all(query, "b") == "[x y+&]");
  CHECK(all(query, "c") == "[]");
  CHECK(all(query, "") == "[empty]");
  CHECK(all(query, "d") == "[%zz]");
  CHECK(all(query, "e") == "[f=g?h]");
  CHECK(all(query, "A").empty());
  CHECK(query.size() == 7);
}

TEST_CASE("a request without a query has no parameters") {
  CHECK(Asked({.target = "/a"}).facts().query().size() == 0);
  CHECK(all(Asked({.target = "/a?"}).facts().query(), "a").empty());
}

TEST_CASE("cookies have exact names and are taken from all Cookie fields") {
  Asked asked({.fields = {{"Cookie", "a=1; A=2 ;b=\"x=y\""}, {"X", "c=3"}, {"cookie", "a=4;;d"}}});
  const NamedValues& cookies = asked.facts().cookies();
  CHECK(all(cookies, "a") == "[1][4]");
  CHECK(all(cookies, "A") == "[2]");
  CHECK(all(cookies, "b") == "[\"x=y\"]");
  CHECK(all(cookies, "c").empty());
  CHECK(all(cookies, "d") == "[]");
}

TEST_CASE("nothing is left of the request before") {
  const http::RequestHead first =
      test::Request{.authority = "A.example", .target = "/a/../b?x=1", .fields = {{"Cookie", "c=1"}}}.head();
  const http::RequestHead second = test::Request{.authority = "b.example", .target = "/c"}.head();
  Facts facts(1);
  facts.begin(first, test::address("192.0.2.1"));
  CHECK(facts.host() == "a.example");
  CHECK(facts.path() == "/b");
  CHECK(all(facts.query(), "x") == "[1]");
  CHECK(all(facts.cookies(), "c") == "[1]");
  facts.begin(second, test::address("192.0.2.2"));
  CHECK(facts.host() == "b.example");
  CHECK(facts.path() == "/c");
  CHECK(facts.query().size() == 0);
  CHECK(facts.cookies().size() == 0);
  CHECK(facts.client() == test::address("192.0.2.2"));
}

TEST_CASE("very many parameters and cookies are found in time in proportion to their number") {
  constexpr int kMany = 20'000;
  std::string query = "/?";
  std::string cookies;
  for (int i = 0; i < kMany; ++i) {
    query += fmt::format("p{}={}&same=1&", i, i);
    cookies += fmt::format("c{}={};same=1;", i, i);
  }
  Asked asked({.target = query, .fields = {{"Cookie", cookies}}});
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kMany; ++i) {
    REQUIRE(all(asked.facts().query(), fmt::format("p{}", i)) == fmt::format("[{}]", i));
    REQUIRE(all(asked.facts().cookies(), fmt::format("c{}", i)) == fmt::format("[{}]", i));
  }
  CHECK(all(asked.facts().cookies(), "same").size() == 3 * kMany);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
}

}  // namespace
}  // namespace weir::routing
