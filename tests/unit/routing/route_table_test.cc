#include "lb/routing/route_table.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <new>

#include "tests/unit/routing/request.h"
#include "tests/unit/routing/rules.h"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir::routing {
namespace {

using test::Asked;
using test::Request;

std::optional<std::size_t> met(const std::vector<model::Rule>& rules, const Request& request) {
  Asked asked(request);
  return RouteTable(rules).first_match(asked.facts());
}

TEST_CASE("without rules none matches") { CHECK(met({}, {}) == std::nullopt); }

TEST_CASE("the first rule in order is met, however it is found") {
  const auto rules = test::rules({
      {.hosts = {"~^x"}, .paths = {"/never"}},
      {.paths = {"/a/b/*"}, .methods = {"PUT"}},
      {.hosts = {"api.example.com"}, .paths = {"/a/*/c"}},
      {.hosts = {"*.example.com", "other"}, .paths = {"/a/*", "=/x"}},
      {.hosts = {"api.example.com"}, .paths = {"=/a/b/d"}},
      {.hosts = {"a*.example.com"}},
      {.paths = {"~/b$", "/"}},
      {.hosts = {"api.example.com"}},
  });
  const auto meets = [&](const char* host, const char* target, const char* method = "GET") {
    return met(rules, {.method = method, .authority = host, .target = target});
  };
  CHECK(meets("api.example.com", "/a/b/c") == 2);
  CHECK(meets("api.example.com", "/a/b/c", "PUT") == 1);
  CHECK(meets("api.example.com", "/a/b/d") == 3);
  CHECK(meets("other", "/x") == 3);
  CHECK(meets("example.com", "/a/b/d") == std::nullopt);
  CHECK(meets("api.example.com", "/") == 5);
  CHECK(meets("other", "/") == 6);
  CHECK(meets("xyz", "/never") == 0);
  CHECK(meets("xyz", "/q/b?c") == 6);
  CHECK(meets("", "/none") == std::nullopt);
}

TEST_CASE("a rule of very many hosts and paths is found by its hosts") {
  test::Conditions many{.hosts = {}, .paths = {}, .methods = {"GET"}};
  for (int i = 0; i < 200; ++i) {
    many.hosts.push_back(fmt::format("h{}", i));
    many.paths.push_back(fmt::format("/p{}", i));
  }
  const auto rules = test::rules({many, {.hosts = {"h7"}}});
  CHECK(met(rules, {.authority = "h7", .target = "/p199"}) == 0);
  CHECK(met(rules, {.authority = "h7", .target = "/p200"}) == 1);
  CHECK(met(rules, {.authority = "h200", .target = "/p7"}) == std::nullopt);
}

TEST_CASE("a match allocates nothing once the memory of earlier requests is there") {
  const auto rules = test::rules({
      {.hosts = {"~^x"}, .paths = {"~^/a"}},
      {.hosts = {"*.example.com"}, .paths = {"/a/*/c"}, .methods = {"PUT"}},
      {.hosts = {"www.very-long-name.example.com"}, .query = {{"Very-Long-Parameter", {"no"}}}},
      {.headers = {{"x-tenant", {"*not*this*"}}}},
      {.cookies = {{"session", {"none"}}}},
      {.paths = {"*/d"}},
  });
  const RouteTable table(rules);
  const http::RequestHead head =
      Request{.authority = "WWW.Very-Long-Name.example.com:8080",
              .target = "/a/very/long/path/that/is/..%2fnot/normal/d?very-long-parameter=yes&b=c",
              .fields = {{"X-Tenant", "this"}, {"Cookie", "session=a-long-one-that-is-not-that; b=c"}}}
          .head();
  Facts facts(7);
  for (int i = 0; i < 3; ++i) {
    facts.begin(head, test::address("192.0.2.1"));
    const std::size_t before = allocations;
    const auto found = table.first_match(facts);
    const std::size_t made = allocations - before;
    CHECK(found == 5);
    CHECK((i == 0 || made == 0));
  }
}

TEST_CASE("prefixes nested very deep are all found") {
  std::vector<model::Rule> rules;
  const std::string path = "/" + std::string(300, 'a');
  for (std::size_t size = path.size(); size > 0; --size) {
    rules.push_back(test::rule({.paths = {path.substr(0, size) + "*"}, .methods = {"PUT"}}));
  }
  rules.push_back(test::rule({.paths = {path.substr(0, 100) + "*"}}));
  CHECK(met(rules, {.target = path}) == path.size());
  CHECK(met(rules, {.method = "PUT", .target = path.substr(0, 200)}) == 101);
  CHECK(met(rules, {.target = path.substr(0, 99)}) == std::nullopt);
}

TEST_CASE("a host of very many labels costs no more than a long one") {
  const auto rules = test::rules({{.hosts = {"*.example.com"}}, {.hosts = {"*.com"}}});
  std::string host;
  for (int i = 0; i < 30'000; ++i) host += "a.";
  CHECK(met(rules, {.authority = host + "com"}) == 1);
}

}  // namespace
}  // namespace weir::routing
