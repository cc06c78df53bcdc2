#include "lb/http/cookies.h"

#include <doctest/doctest.h>

#include <array>
#include <initializer_list>
#include <vector>

namespace weir::http {
namespace {

FieldList fields(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
  FieldList made;
  for (const auto& [name, value] : list) made.add(name, value);
  return made;
}

std::vector<std::string> values(const FieldList& request, std::string_view name) {
  std::vector<std::string> found;
  for_each_cookie(request, name, [&](std::string_view value) {
    found.emplace_back(value);
    return true;
  });
  return found;
}

constexpr std::array<std::string_view, 2> kCookieNames{"W", "WCORS"};

}  // namespace

TEST_CASE("all cookies of a name are found, in all Cookie fields and in order") {
  using Values = std::vector<std::string>;
  const auto request = fields({{"Cookie", "a=b; W=1;W=2 ;\tW = 3; WW=no; xW=no; w=no"},
                               {"X-Other", "W=no"},
                               {"cookie", "W; W==x=; c=\"W=no\""},
                               {"Cookie", ""}});
  CHECK(values(request, "W") == Values{"1", "2", "3", "", "=x="});
  CHECK(values(request, "WW") == Values{"no"});
  CHECK(values(request, "V").empty());
  CHECK(has_cookie(request, "a"));
  CHECK_FALSE(has_cookie(request, "A"));
  CHECK_FALSE(has_cookie(fields({{"X-Other", "W=no"}}), "W"));
}

TEST_CASE("who has found the cookie that it looked for is asked no more") {
  int asked = 0;
  for_each_cookie(fields({{"Cookie", "W=1; W=2"}, {"Cookie", "W=3"}}), "W", [&](std::string_view) {
    ++asked;
    return false;
  });
  CHECK(asked == 1);
}

TEST_CASE("named cookies are removed and all other bytes stay") {
  struct Row {
    std::string_view value;
    Left left;
    std::string_view rest;
  };
  const Row rows[] = {
      {"a=b; c=d", Left::all, ""},
      {"", Left::all, ""},
      {";;", Left::all, ""},
      {"w=1; xW=2; WCOR=3; WCORSx=4; a=W=5", Left::all, ""},
      {"W=1", Left::none, ""},
      {"W", Left::none, ""},
      {"W=1;", Left::none, ""},
      {" ;W=1; ; ", Left::none, ""},
      {"W=1; WCORS=1; W=2", Left::none, ""},
      {"W=1; a=b", Left::some, "a=b"},
      {"a=b; W=1", Left::some, "a=b"},
      {"a=b; W=1; c=d", Left::some, "a=b; c=d"},
      {"a=b;W=1;c=d", Left::some, "a=b;c=d"},
      {"W=1; WCORS=1; a=b", Left::some, "a=b"},
      {"a=b; W=1; c=d; WCORS=1; e", Left::some, "a=b; c=d; e"},
      {"a=\"x y\";  b = c ; W = 1 ;\td=, e;f", Left::some, "a=\"x y\";  b = c ;\td=, e;f"},
      {"a=b; W=1;", Left::some, "a=b;"},
      {"a=b;; W=1;; c=d", Left::some, "a=b;;; c=d"},
      {"W=1;   a=b", Left::some, "a=b"},
      {"a=b\xff; W=\xff", Left::some, "a=b\xff"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    std::string out = "before ";
    CHECK(remove_cookies(row.value, kCookieNames, out) == row.left);
    CHECK(out == "before " + std::string(row.rest));
  }
}

TEST_CASE("a long field is rewritten in one pass, into memory that was there") {
  std::string value;
  for (int i = 0; i < 10'000; ++i) value += "W=1; a=b; ";
  std::string out;
  out.reserve(value.size());
  const char* memory = out.data();
  CHECK(remove_cookies(value, kCookieNames, out) == Left::some);
  CHECK(out.size() == 10'000 * 5);
  CHECK(out.data() == memory);
}

TEST_CASE("a response sets a cookie by its name alone") {
  CHECK(sets_cookie(fields({{"Set-Cookie", "S=1"}}), "S"));
  CHECK(sets_cookie(fields({{"Set-Cookie", "a=b"}, {"set-cookie", " S =; Max-Age=0"}}), "S"));
  CHECK_FALSE(sets_cookie(fields({{"Set-Cookie", "a=b; S=1"}}), "S"));
  CHECK_FALSE(sets_cookie(fields({{"Set-Cookie", "s=1"}, {"Set-Cookie", "SS=1"}}), "S"));
  CHECK_FALSE(sets_cookie(fields({{"Cookie", "S=1"}}), "S"));
}

TEST_CASE("many names are looked for as few are") {
  std::vector<std::string> made;
  for (char c = 'a'; c <= 'z'; ++c) made.push_back(std::string("S") + c);
  const std::vector<std::string_view> names(made.begin(), made.end());
  std::string rest;
  CHECK(remove_cookies("a=1; Sc=2;Sz ; SA=3; Scc=4; Sm = 5", names, rest) == Left::some);
  CHECK(rest == "a=1; SA=3; Scc=4");
}

}  // namespace weir::http
