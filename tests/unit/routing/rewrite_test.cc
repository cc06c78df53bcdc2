#include "lb/routing/rewrite.h"

#include <doctest/doctest.h>

namespace weir::routing {
namespace {

using model::Rewrite;
using model::Substitution;

std::string target(const Rewrite& rules, std::string_view from) {
  const auto result = rewrite(rules, "a.example", from);
  if (!result) return "error: " + std::string(to_string(result.error()));
  return result->target.value_or("unchanged");
}

std::string authority(const Rewrite& rules, std::string_view from) {
  const auto result = rewrite(rules, from, "/");
  if (!result) return "error: " + std::string(to_string(result.error()));
  return result->authority.value_or("unchanged");
}

TEST_CASE("nothing is rewritten without rules") { CHECK(rewrite({}, "a", "/b?c") == Rewritten{}); }

TEST_CASE("a prefix is stripped where it ends at the end of a segment") {
  const Rewrite strip{
      .host = {}, .host_regex = {}, .strip_prefix = "/v1", .add_prefix = "", .path_regex = {}};
  CHECK(target(strip, "/v1/users?a=/v1/") == "/users?a=/v1/");
  CHECK(target(strip, "/v1") == "/");
  CHECK(target(strip, "/v1?a") == "/?a");
  CHECK(target(strip, "/v1/") == "/");
  CHECK(target(strip, "/v10/users") == "unchanged");
  CHECK(target(strip, "/x/v1/") == "unchanged");
  CHECK(target(strip, "/v1/%2f//x") == "/%2f//x");
  CHECK(target(strip, "*") == "unchanged");
  Rewrite slash = strip;
  slash.strip_prefix = "/v1/";
  CHECK(target(slash, "/v1/users") == "/users");
  CHECK(target(slash, "/v1") == "/");
}

TEST_CASE("a prefix is added, after one has been stripped") {
  Rewrite add;
  add.add_prefix = "/api/";
  CHECK(target(add, "/users?x") == "/api/users?x");
  CHECK(target(add, "/") == "/api/");
  add.strip_prefix = "/v1";
  CHECK(target(add, "/v1/users") == "/api/users");
  CHECK(target(add, "/users") == "/api/users");
}

TEST_CASE("an expression is held against the original path, and the query stays") {
  Rewrite rules;
  rules.path_regex = Substitution::parse("^/old/([^/]*)", "/new/$1").value();
  CHECK(target(rules, "/old/%61/b?c=/old/d") == "/new/%61/b?c=/old/d");
  CHECK(target(rules, "/older") == "unchanged");
  rules.path_regex = Substitution::parse("^/a", "a").value();
  CHECK(target(rules, "/a") == "error: bad_path");
  rules.path_regex = Substitution::parse("x", "?").value();
  CHECK(target(rules, "/x") == "error: bad_path");
  rules.path_regex = Substitution::parse("x", " HTTP/1.1\r\n").value();
  CHECK(target(rules, "/x") == "error: bad_path");
  rules.path_regex = Substitution::parse(".*", "").value();
  CHECK(target(rules, "/x") == "error: bad_path");
}

TEST_CASE("a literal host takes the place of the authority, an expression keeps the port") {
  Rewrite rules;
  rules.host = "new.example:81";
  CHECK(authority(rules, "a.example:8080") == "new.example:81");
  rules.host.reset();
  rules.host_regex = Substitution::parse("^(.*)\\.example$", "$1.internal").value();
  CHECK(authority(rules, "a.example:8080") == "a.internal:8080");
  CHECK(authority(rules, "a.other") == "unchanged");
  rules.host_regex = Substitution::parse("^.*$", "a b").value();
  CHECK(authority(rules, "a") == "error: bad_host");
  rules.host_regex = Substitution::parse("^.*$", "").value();
  CHECK(authority(rules, "a") == "error: bad_host");
  CHECK(authority(rules, "a:80") == "error: bad_host");
}

TEST_CASE("no rewritten path has a dot segment, by which it might leave its prefix") {
  Rewrite rules;
  rules.strip_prefix = "/v1";
  rules.add_prefix = "/orders";
  CHECK(target(rules, "/v1/7?a=/../b") == "/orders/7?a=/../b");
  for (const char* const path : {"/v1/../v1/admin", "/v1/./7", "/v1/%2e%2e/7", "/v1/..%2f7", "/v1/..;a/7"}) {
    CAPTURE(path);
    CHECK(target(rules, path) == "error: bad_path");
  }
}

}  // namespace
}  // namespace weir::routing
