#include "lb/explain/sticky_trace.h"

#include <doctest/doctest.h>

#include "lb/sticky/rule_cookie.h"
#include "lb/sticky/seal.h"
#include "tests/unit/explain/world.h"
#include "tests/unit/sticky/support.h"

namespace weir::explain {
namespace {

using sticky::test::keys;
using sticky::test::kOnes;
using sticky::test::kTwos;
using test::File;

constexpr const char* kStickyFile = R"(
listeners:
  web:
    bind: "127.0.0.1:8080"
    rules: [ { name: split, match: { path: "/split" }, forward: { groups: { app: 1, other: 1 }, stickiness: 1h } } ]
    forward: app
target_groups:
  app:
    targets: [ { address: "10.0.1.1:80", id: one }, { address: "10.0.1.2:80", id: two } ]
    stickiness: { ttl: 1h }
  other: { targets: [ "10.0.1.3:80" ] }
)";

struct Cookie {
  std::string name = "WEIRLB";
  std::string scope = "app";
  std::string group = "app";
  std::string target = "one";
  std::int64_t age = 60;
  std::string_view key = kOnes;
};

std::string sealed(const File& file, const Cookie& cookie) {
  sticky::Sealer sealer(keys({cookie.key}));
  const auto now = std::chrono::floor<std::chrono::seconds>(file.clock.wall().time_since_epoch()).count();
  const auto value =
      sealer.seal({cookie.name, cookie.scope},
                  {.group = cookie.group, .target = cookie.target, .issued = now - cookie.age}, {});
  REQUIRE(value);
  return cookie.name + "=" + std::string(*value);
}

StickyTrace trace(File& file, const std::string& path, const std::string& cookies) {
  Asked asked{.url = "http://x.org:8080" + path};
  if (!cookies.empty()) asked.headers = {{"Cookie", cookies}};
  const Explanation it = file(asked);
  REQUIRE_FALSE(it.sticky.empty());
  return it.sticky.front();
}

TEST_CASE("a group's cookie says who it names, how old it is and what becomes of it") {
  File file(kStickyFile);
  file.world.keys = keys({kOnes});
  struct Row {
    std::string cookies;
    const char* outcome;
    const char* reason;
    const char* target;
  };
  const Row rows[] = {
      {"", "new", "", ""},
      {"a=b", "new", "", ""},
      {sealed(file, {}), "kept", "", "one"},
      {sealed(file, {.target = "three"}), "moved", "what it names is no longer there", "three"},
      {sealed(file, {.age = 3601}), "expired", "it is older than the ttl", "one"},
      {sealed(file, {.age = -3600}), "invalid", "issued in the future", ""},
      {sealed(file, {.scope = "another"}), "invalid", "forged", ""},
      {sealed(file, {.key = kTwos}), "invalid", "foreign", ""},
      {"WEIRLB=abc", "invalid", "malformed", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.cookies);
    const StickyTrace it = trace(file, "/", row.cookies);
    CHECK(it.kind == "target_group");
    CHECK(it.cookie == "WEIRLB");
    CHECK(it.outcome == row.outcome);
    CHECK(it.reason == row.reason);
    if (*row.target != '\0') CHECK(it.target == row.target);
  }
  CHECK(trace(file, "/", sealed(file, {})).age == std::chrono::seconds(60));
}

TEST_CASE("a rule's cookie says which group it names") {
  File file(kStickyFile);
  file.world.keys = keys({kOnes});
  Cookie cookie;
  cookie.scope = sticky::rule_scope("web", "split");
  cookie.name = sticky::rule_stickiness("web", "split", std::chrono::hours(1)).name;
  cookie.target = "";
  const StickyTrace kept = trace(file, "/split", sealed(file, cookie));
  CHECK(kept.kind == "rule");
  CHECK(kept.cookie == cookie.name);
  CHECK(kept.outcome == "kept");
  CHECK(kept.target_group == "app");
  cookie.group = "gone";
  CHECK(trace(file, "/split", sealed(file, cookie)).outcome == "moved");
}

TEST_CASE("without keys it says why no cookie can be opened") {
  File file(kStickyFile);
  file.world.keys_error = "no such file";
  const StickyTrace it = trace(file, "/", "WEIRLB=abc");
  CHECK(it.outcome == "unknown");
  CHECK(it.reason == "cookies cannot be opened: no such file");
}

}  // namespace
}  // namespace weir::explain
