#include "config/plan_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/unit/config/support.h"

// A plan as a line, as lines and as JSON: bounded and safe to print.
namespace weir::config {
namespace {

using ChangeKind = Change::Kind;

Plan many(std::size_t subjects, std::size_t of_each) {
  Plan plan;
  for (std::size_t i = 0; i < subjects; ++i) {
    for (std::size_t k = 0; k < of_each; ++k)
      plan.changes.push_back({fmt::format("target group g{}", i), ChangeKind::added, fmt::format("t{}", k)});
  }
  return plan;
}

bool harmless(const std::string& text) {
  return std::ranges::none_of(
      text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; });
}

}  // namespace

TEST_CASE("a line holds so many changes of a subject and so many in all, and counts the rest") {
  const PlanBounds bounds{.of_subject = 2, .of_all = 3};
  CHECK(plan_line(many(1, 2), bounds) == "target group g0: + t0; + t1");
  CHECK(plan_line(many(1, 5), bounds) == "target group g0: + t0; + t1 and 3 more");
  CHECK(plan_line(many(2, 2), bounds) == "target group g0: + t0; + t1; target group g1: + t0 and 1 more");
  CHECK(plan_line(many(4, 2), bounds) ==
        "target group g0: + t0; + t1; target group g1: + t0 and 1 more; and 4 more changes");
  CHECK(plan_line(Plan{}, bounds) == "no changes");
  CHECK(plan_line(many(1, 10'000)).size() < 1000);
  CHECK(plan_line(many(10'000, 1)).size() < 4000);
}

TEST_CASE("on a terminal each change has a line, coloured if it is wanted") {
  const Plan plan{{{"listener a", ChangeKind::added, "bind 0.0.0.0:80"},
                   {"listener a", ChangeKind::removed, "bind 0.0.0.0:81"},
                   {"process", ChangeKind::changed, "workers: 1 -> 2", true}}};
  CHECK(plan_text(plan) ==
        "+ listener a: bind 0.0.0.0:80\n"
        "- listener a: bind 0.0.0.0:81\n"
        "~ process: workers: 1 -> 2 (needs restart)\n");
  CHECK(plan_text(plan, Colour::on).starts_with("\x1b[32m+\x1b[0m listener a: "));
  CHECK(plan_text(Plan{}) == "no changes\n");
}

TEST_CASE("the JSON has every change and their number") {
  const Plan plan{{{"listener a", ChangeKind::added, "bind 0.0.0.0:80"},
                   {"process", ChangeKind::changed, "workers: 1 -> 2", true}}};
  const auto json = nlohmann::json::parse(plan_json(plan));
  CHECK(json["total"] == 2);
  CHECK(json["needs_restart"] == true);
  CHECK(json["changes"][0] == nlohmann::json{{"subject", "listener a"},
                                             {"kind", "added"},
                                             {"text", "bind 0.0.0.0:80"},
                                             {"needs_restart", false}});
  CHECK(json["changes"][1]["needs_restart"] == true);
  const auto long_one = nlohmann::json::parse(plan_json(many(1, kMostListed + 5)));
  CHECK(long_one["total"] == kMostListed + 5);
  CHECK(long_one["changes"].size() == kMostListed);
  CHECK(nlohmann::json::parse(plan_json({}))["changes"].empty());
}

TEST_CASE("what a configuration brings is shown escaped") {
  const std::string hostile = "a\\u001b[31m\\nb\\u009bc";
  const auto before = snapshot_of(kMinimal);
  const auto after = snapshot_of(
      "listeners: { web: { bind: [\"0.0.0.0:8080\", \"unix:/tmp/x y\"], forward: app, rules: [\n"
      "  { name: r, match: { path: \"/ü*\", query: { \"" +
      hostile + "\": \"" + hostile + "\" } }, respond: { body: \"" + hostile + "\" } } ] } }\n" +
      std::string(kGroup));
  model::Snapshot worse = after;
  worse.listeners[0].rules[0].name = "r\x1b[2J\n\xff";
  worse.listeners[0].name = "web\r\n";
  worse.target_groups[0].name = "app\x1b";
  worse.target_groups[0].targets[0].id = "id\x07";
  worse.target_groups[0].targets[0].zone = "zone\n";
  worse.process.server_name = "weir\x1b";
  model::Snapshot bodies = after;
  std::get<model::RespondAction>(bodies.listeners[0].rules[0].action).body = "\x1b[31mred\n";
  for (const Plan& each : {plan(before, after), plan(before, worse), plan(worse, before), plan(after, worse),
                           plan(after, bodies)}) {
    CHECK_FALSE(each.empty());
    CHECK(plan_line(each).find('\n') == std::string::npos);
    CHECK(harmless(plan_line(each)));
    CHECK(harmless(plan_text(each)));
    CHECK(harmless(plan_json(each)));
  }
}

TEST_CASE("long values are shown around their first difference") {
  const auto with_body = [](const std::string& body) {
    return snapshot_of("listeners: { web: { bind: 0.0.0.0:8080, respond: { body: \"" + body + "\" } } }\n" +
                       std::string(kGroup));
  };
  const std::string same(1000, 'x');
  const std::string line = plan_line(plan(with_body(same + "cat" + same), with_body(same + "dog" + same)));
  CHECK(line.size() < 300);
  CHECK(line.find("xcatx") != std::string::npos);
  CHECK(line.find("xdogx") != std::string::npos);
  const auto with_trust = [](int count, int skipped) {
    std::string blocks;
    for (int i = 0; i < count; ++i) {
      if (i != skipped) blocks += fmt::format("10.{}.0.0/16, ", i);
    }
    return snapshot_of("listeners: { web: { bind: 0.0.0.0:8080, forward: app, forwarded: { trust: [" +
                       blocks + "192.0.2.0/24] } } }\n" + std::string(kGroup));
  };
  CHECK(plan_line(plan(with_trust(100, 7), with_trust(100, 9))) ==
        "listener web: forwarded.trust: + 10.7.0.0/16, - 10.9.0.0/16");
  CHECK(plan_line(plan(with_trust(1, -1), with_trust(100, -1))).find(" and 91 more") != std::string::npos);
}

}  // namespace weir::config
