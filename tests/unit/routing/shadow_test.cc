#include "lb/routing/shadow.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/routing/rules.h"

namespace weir::routing {
namespace {

using test::Conditions;

bool shadows(const Conditions& earlier, const Conditions& later) {
  return !find_shadowed(test::rules({earlier, later})).empty();
}

TEST_CASE("a rule is shadowed by an earlier one with wider conditions") {
  struct Row {
    Conditions earlier;
    Conditions later;
    bool shadowed;
  };
  const Row rows[] = {
      {{}, {.hosts = {"a"}, .paths = {"/a"}}, true},
      {{.hosts = {"*"}}, {}, false},
      {{.paths = {"/a/*"}}, {.paths = {"/a/b", "/a/c/*"}}, true},
      {{.paths = {"/a/*"}}, {.paths = {"/a/b", "/b"}}, false},
      {{.paths = {"/b", "/a/*"}}, {.paths = {"=/a/b", "=/b"}}, true},
      {{.paths = {"/a/b/*"}}, {.paths = {"/a/*"}}, false},
      {{.paths = {"/*/b"}}, {.paths = {"/a/b"}}, true},
      {{.paths = {"~^/a"}}, {.paths = {"/abc"}}, true},
      {{.paths = {"~^/a"}}, {.paths = {"/a*"}}, false},
      {{.paths = {"~^/a"}}, {.paths = {"~^/a"}}, true},
      {{.paths = {"*"}}, {.paths = {"~^/a"}}, true},
      {{.hosts = {"*.a.com"}}, {.hosts = {"x.A.com"}, .paths = {"/"}}, true},
      {{.hosts = {"*.a.com"}}, {.hosts = {"*.x.a.com"}}, true},
      {{.hosts = {"*.a.com"}}, {.hosts = {"x*.a.com"}}, true},
      {{.hosts = {"x*.a.com"}}, {.hosts = {"xy.a.com"}}, true},
      {{.hosts = {"*.a.com"}}, {}, false},
      {{.hosts = {"a.com"}}, {.hosts = {"b.com"}}, false},
      {{.methods = {"GET", "POST"}}, {.methods = {"POST"}}, true},
      {{.methods = {"GET"}}, {.methods = {"GET", "POST"}}, false},
      {{.methods = {"GET"}}, {}, false},
      {{.headers = {{"a", {"1*"}}}}, {.headers = {{"b", {"x"}}, {"a", {"12"}}}}, true},
      {{.headers = {{"a", {"1"}}}}, {.headers = {{"a", {"1", "2"}}}}, false},
      {{.headers = {{"a", {"1"}}}}, {.paths = {"/a"}}, false},
      {{.query = {{"A", {"1"}}}}, {.query = {{"a", {"1"}}}}, true},
      {{.query = {{"*", {"1"}}}}, {.query = {{"a", {"1"}}}}, true},
      {{.query = {{"a", {"1"}}}}, {.query = {{"*", {"1"}}}}, false},
      {{.cookies = {{"a", {"*"}}}}, {.cookies = {{"a", {"x"}}}}, true},
      {{.cookies = {{"a", {"*"}}}}, {.cookies = {{"A", {"x"}}}}, false},
      {{.sources = {"10.0.0.0/8"}}, {.sources = {"10.1.0.0/16", "10.2.3.4"}}, true},
      {{.sources = {"10.1.0.0/16"}}, {.sources = {"10.0.0.0/8"}}, false},
  };
  int number = 0;
  for (const Row& row : rows) {
    CAPTURE(number++);
    CHECK(shadows(row.earlier, row.later) == row.shadowed);
  }
}

TEST_CASE("the first rule that takes all of a later one is told") {
  const auto rules = test::rules({
      {.paths = {"/a/*"}, .methods = {"GET"}},
      {.paths = {"/a*"}},
      {.paths = {"/a/*"}},
      {.paths = {"/b"}},
      {.paths = {"/a/b"}, .methods = {"GET"}},
  });
  CHECK(find_shadowed(rules) == std::vector<Shadow>{{2, 1}, {4, 0}});
}

TEST_CASE("among thousands of rules, alike or not, those that never match are found") {
  std::vector<model::Rule> different, alike;
  for (int i = 0; i < 10'000; ++i) {
    different.push_back(test::rule({.hosts = {fmt::format("h{}.example.com", i % 100), "*.example.org"},
                                    .paths = {fmt::format("/service-{}/*", i)}}));
  }
  for (int i = 0; i < 3'000; ++i) {
    alike.push_back(test::rule({.headers = {{"x-tenant", {fmt::format("t{}", i)}}}}));
  }
  different.push_back(test::rule({.hosts = {"h7.example.com"}, .paths = {"/service-7/x"}}));
  CHECK(find_shadowed(different) == std::vector<Shadow>{{10'000, 7}});
  CHECK(find_shadowed(alike).empty());
  alike.push_back(test::rule({.paths = {"/*"}}));
  alike.push_back(test::rule({.paths = {"/x"}, .headers = {{"x-other", {"t1"}}}}));
  CHECK(find_shadowed(alike) == std::vector<Shadow>{{3'001, 3'000}});
}

}  // namespace
}  // namespace weir::routing
