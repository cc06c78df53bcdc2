#include <doctest/doctest.h>

#include <chrono>

#include "lb/base/random.h"
#include "lb/routing/matching.h"
#include "lb/routing/route_table.h"
#include "lb/routing/shadow.h"
#include "tests/unit/routing/request.h"
#include "tests/unit/routing/rules.h"

// Rules and requests made of few words, so that they meet often.
namespace weir::routing {
namespace {

using test::Conditions;
using test::Request;
using test::Texts;

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  std::vector<model::Rule> rules() {
    std::vector<model::Rule> rules;
    for (std::uint64_t n = 1 + random_.below(12); n > 0; --n) rules.push_back(test::rule(conditions()));
    return rules;
  }

  Request request() {
    Request request{.method = one(kMethods),
                    .authority = one({"a.com", "B.a.com", "x.b.a.com:80", "c.", "[::1]", "", "ac.com"}),
                    .target = path() + one({"", "?x=1", "?X=2&y=1", "?y=%31&x=2"}),
                    .fields = {},
                    .from = one({"10.0.0.1", "10.1.0.1", "2001:db8::1"})};
    if (some(2)) request.fields.emplace_back("X-A", one({"1", "2", "1a"}));
    if (some(3)) request.fields.emplace_back("x-a", "2");
    if (some(2)) request.fields.emplace_back("Cookie", one({"c=1", "c=2; d=1", "C=1"}));
    return request;
  }

 private:
  static inline const Texts kMethods = {"GET", "POST", "PUT"};
  static inline const Texts kValues = {"1", "2", "*", "1*", "?", "~^[12]$", "=1"};

  bool some(std::uint64_t of) { return random_.below(of) == 0; }
  const std::string& one(const Texts& texts) { return texts[random_.below(texts.size())]; }

  Texts several(const Texts& texts, std::uint64_t most) {
    Texts result;
    for (std::uint64_t n = 1 + random_.below(most); n > 0; --n) result.push_back(one(texts));
    return result;
  }

  std::string path() {
    std::string path;
    for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) {
      path += "/" + one({"a", "b", "ab", "", "..", "%61", "A"});
    }
    return some(40) ? "*" : path;
  }

  std::string path_pattern() {
    const std::string base = "/" + one({"a", "b", "ab", "a/b", ""});
    return one({base, "=" + base, base + "*", base + "/*", base + "/*/b", base + "?", "~^" + base, "*" + base,
                "~b$", "*", "*a*b*", "=*"});
  }

  Conditions conditions() {
    Conditions made;
    if (!some(3)) {
      made.hosts = several({"a.com", "=A.com", "*.a.com", "*a.com", "*.com", "b.*", "~^[ab]", "*", "?.com",
                            "[::1]", "c", "*.b.a.com"},
                           3);
    }
    if (!some(3)) {
      for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) made.paths.push_back(path_pattern());
    }
    if (some(4)) made.methods = several(kMethods, 2);
    if (some(6)) made.headers = {{"x-a", several(kValues, 2)}};
    if (some(6)) made.query = {{one({"x", "Y", "*"}), several(kValues, 2)}};
    if (some(6)) made.cookies = {{one({"c", "d"}), several(kValues, 2)}};
    if (some(6)) made.sources = several({"10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "::/0"}, 2);
    return made;
  }

  base::Random random_;
};

std::optional<std::size_t> first_in_order(const std::vector<model::Rule>& rules, Facts& facts) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!mismatch(rules[i], facts)) return i;
  }
  return std::nullopt;
}

TEST_CASE("the rule that is found is the first in order that matches") {
  int found = 0, tried = 0;
  Facts facts(5);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Maker maker(seed);
    const std::vector<model::Rule> rules = maker.rules();
    const RouteTable table(rules);
    for (int i = 0; i < 10; ++i, ++tried) {
      const Request request = maker.request();
      const http::RequestHead head = request.head();
      facts.begin(head, test::address(request.from));
      const auto expected = first_in_order(rules, facts);
      facts.begin(head, test::address(request.from));
      CAPTURE(seed);
      CAPTURE(request.authority);
      CAPTURE(request.target);
      REQUIRE(table.first_match(facts) == expected);
      found += expected ? 1 : 0;
    }
  }
  CHECK(found > tried / 4);
  CHECK(found < tried * 19 / 20);
}

TEST_CASE("no request meets a rule that is said to be shadowed") {
  int shadowed = 0;
  Facts facts(6);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Maker maker(seed);
    const std::vector<model::Rule> rules = maker.rules();
    for (const Shadow& shadow : find_shadowed(rules)) {
      ++shadowed;
      for (int i = 0; i < 20; ++i) {
        const Request request = maker.request();
        const http::RequestHead head = request.head();
        facts.begin(head, test::address(request.from));
        CAPTURE(seed);
        CAPTURE(shadow.rule);
        CAPTURE(shadow.by);
        REQUIRE((!matches(rules[shadow.rule], facts) || matches(rules[shadow.by], facts)));
      }
    }
  }
  CHECK(shadowed > 1000);
}

}  // namespace
}  // namespace weir::routing
