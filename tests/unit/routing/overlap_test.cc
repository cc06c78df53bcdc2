#include "lb/routing/overlap.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/routing/rules.h"

namespace weir::routing {
namespace {

using test::Conditions;

// Rules that forward to groups of their own.
std::vector<model::Rule> rules(std::initializer_list<Conditions> all) {
  std::vector<model::Rule> result = test::rules(all);
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i].name = fmt::format("rule-{}", i + 1);
    result[i].action = model::ForwardAction{.groups = {{.target_group = fmt::format("group-{}", i)}}};
  }
  return result;
}

std::string found(const std::vector<model::Rule>& all) {
  std::string text;
  constexpr const char* kKinds[] = {"host", "path", "method"};
  for (const Overlap& overlap : find_overlaps(all))
    text += fmt::format("{}<{} {} {};", overlap.rule, overlap.by, kKinds[static_cast<int>(overlap.kind)],
                        overlap.part);
  return text;
}

TEST_CASE("an order that is almost certainly wrong is found") {
  CHECK(found(rules({{.paths = {"/api/*"}}, {.paths = {"/admin/*", "/api/admin/*"}}})) ==
        "1<0 path /api/admin/*;");
  CHECK(found(rules({{.hosts = {"*.a.com"}}, {.hosts = {"b.com", "x.a.com"}, .paths = {"/x"}}})) ==
        "1<0 host x.a.com;");
  CHECK(found(rules({{.paths = {"/api/*"}, .methods = {"GET", "HEAD"}}, {.paths = {"/api/admin/*"}}})) ==
        "1<0 method GET;");
  CHECK(found(rules({{.hosts = {"a.com"}, .methods = {"GET"}}, {.hosts = {"a.com"}, .paths = {"/x/*"}}})) ==
        "1<0 method GET;");
  CHECK(found(rules({{.paths = {"/api/*"}, .methods = {"GET"}},
                     {.paths = {"/api/x"}, .methods = {"GET", "PUT"}}})) == "1<0 method GET;");
  CHECK(found(rules({{.paths = {"/api/*"}, .methods = {"GET"}},
                     {.paths = {"/api/x"}, .headers = {{"x-beta", {"1"}}}}})) == "1<0 method GET;");
}

TEST_CASE("an ordinary configuration is not complained of") {
  const std::vector<model::Rule> ordinary[] = {
      // the narrower one first
      rules({{.paths = {"/api/v1/*"}}, {.paths = {"/api/*"}}, {}}),
      rules({{.paths = {"/api/admin/*"}}, {.paths = {"/api/*"}, .methods = {"GET"}}}),
      // never matches: another function's
      rules({{.paths = {"/api/*"}}, {.paths = {"/api/v1/*"}}}),
      // who, before what
      rules({{.cookies = {{"beta", {"*"}}}}, {.paths = {"/api/*"}}}),
      rules({{.paths = {"/api/*"}, .cookies = {{"beta", {"*"}}}}, {.paths = {"/api/v1/*"}}}),
      rules({{.sources = {"10.0.0.0/8"}}, {.hosts = {"a.com"}}}),
      // all of a method before all else
      rules({{.methods = {"OPTIONS"}}, {.paths = {"/api/*"}}}),
      rules({{.paths = {"/*"}, .methods = {"OPTIONS"}}, {.paths = {"/api/*"}}}),
      // reads and writes of the same
      rules({{.paths = {"/api/*"}, .methods = {"GET"}}, {.paths = {"/api/*"}}}),
      rules({{.paths = {"/api/*"}, .methods = {"GET"}}, {.paths = {"/api/x"}, .methods = {"PUT"}}}),
      // by host and by path
      rules({{.paths = {"/api/*"}}, {.hosts = {"admin.a.com"}}}),
      rules({{.hosts = {"a.com"}, .paths = {"/x", "/y"}}, {.paths = {"/x", "/z"}}}),
  };
  int number = 0;
  for (const auto& all : ordinary) {
    CAPTURE(number++);
    CHECK(found(all) == "");
  }
}

TEST_CASE("rules that do the same are in no order") {
  auto all = rules({{.paths = {"/api/*"}}, {.paths = {"/admin/*", "/api/admin/*"}}});
  all[1].action = all[0].action;
  CHECK(found(all) == "");
}

TEST_CASE("a redirect or an answer of some methods cuts across") {
  auto all = rules({{.paths = {"/api/*"}, .methods = {"OPTIONS"}}, {.paths = {"/api/v1/*"}}});
  all[0].action = model::RespondAction{.status = 204};
  CHECK(found(all) == "");
}

TEST_CASE("ten thousand rules are looked at in no time to speak of") {
  std::vector<model::Rule> all;
  for (int i = 0; i < 10'000; ++i) {
    all.push_back(test::rule({.hosts = {fmt::format("h{}.a.com", i % 100)},
                              .paths = {fmt::format("/p{}/*", i), fmt::format("/q{}/*", i)},
                              .methods = {i % 2 == 0 ? "GET" : "PUT"}}));
    all.back().action = model::ForwardAction{.groups = {{.target_group = fmt::format("group-{}", i)}}};
  }
  CHECK(found(all) == "");
}

}  // namespace
}  // namespace weir::routing
