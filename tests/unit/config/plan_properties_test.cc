#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <map>
#include <random>
#include <set>

#include "config/effective.h"
#include "config/plan.h"
#include "config/plan_text.h"
#include "lb/base/text.h"
#include "tests/unit/config/support.h"

// What has to hold of a plan of any two configurations.
namespace weir::config {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::vector<model::Snapshot> known_configurations() {
  std::vector<model::Snapshot> snapshots;
  for (const char* const folder : {"tests/golden", "config/examples", "config"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".yaml") continue;
      if (auto loaded = load(entry.path().string(), Environment())) snapshots.push_back(loaded->snapshot);
    }
  }
  return snapshots;
}

bool same_hash(const model::Snapshot& a, const model::Snapshot& b) {
  return effective_hash(a) == effective_hash(b);
}

void check_pair(const model::Snapshot& a, const model::Snapshot& b) {
  const Plan there = plan(a, b), back = plan(b, a);
  CHECK(there.empty() == same_hash(a, b));
  CHECK(back.empty() == there.empty());
  CHECK(plan(a, b) == there);
  CHECK(plan_line(there).size() < 30'000);
  const Plan live = plan(a, in_force(a, b));
  CHECK_FALSE(live.needs_restart());
  for (const Change& change : there.changes) {
    CHECK_FALSE(change.text.empty());
    const auto found = std::ranges::find(live.changes, change);
    CHECK((found != live.changes.end()) == !change.needs_restart);
  }
}

// Every scalar of a document, by the pointer that leads to it.
std::vector<OrderedJson::json_pointer> scalars_of(const OrderedJson& document) {
  std::vector<OrderedJson::json_pointer> pointers;
  const OrderedJson flat = document.flatten();
  for (const auto& [path, value] : flat.items()) pointers.emplace_back(path);
  return pointers;
}

// Others that might be valid in its place.
std::vector<OrderedJson> others(const OrderedJson& value) {
  std::vector<OrderedJson> all = {"off", "on", "30s", "7ms",    "1KiB", 3,
                                  7,     301,  "7%",  "/other", "az-9", "10.9.0.0/16"};
  for (const char* const word : {"monitor",
                                 "preserve",
                                 "traceparent",
                                 "10.9.9.9:99",
                                 "unix:/o",
                                 "GET",
                                 "HEAD",
                                 "tcp",
                                 "round_robin",
                                 "path",
                                 "prefer",
                                 "reset",
                                 "half",
                                 "strict",
                                 "stderr",
                                 "error",
                                 "app_cookie",
                                 "auto",
                                 "http",
                                 "optional",
                                 "accept",
                                 "1.3",
                                 "web",
                                 "shop",
                                 "http://other.example.com/",
                                 "other.internal",
                                 "=1",
                                 "x"})
    all.emplace_back(word);
  for (const char* const word : {"700ms", "32KiB", "308", "192.0.2.9", "WEIROTHER", "alb", "all",
                                 "^other([0-9]+)", "config/weir.yaml", "1500", "120us"})
    all.emplace_back(word);
  const OrderedJson pairs[] = {{{"x-other", "1"}},
                               {{"match", "a"}, {"replace", "b"}},
                               {{"factor", 2}},
                               {{"type", "lb_cookie"}, {"name", "WEIROTHER"}}};
  all.insert(all.end(), std::begin(pairs), std::end(pairs));
  all.push_back(OrderedJson::array({OrderedJson{{"name", "other"}, {"forward", "web"}}}));
  std::erase(all, value);
  return all;
}

// What is valid for a key, by its last step, where others() have it late: tried first, for the sake of time.
OrderedJson likely_for(std::string_view key) {
  static const std::map<std::string_view, OrderedJson> by_step = {
      {"add", {{"x-other", "1"}}},
      {"add_prefix", "/other"},
      {"address", "10.9.9.9:99"},
      {"algorithm", "round_robin"},
      {"allow", "10.9.0.0/16"},
      {"app_cookie", "traceparent"},
      {"base_ejection", "700ms"},
      {"bind", "10.9.9.9:99"},
      {"body_file", "config/weir.yaml"},
      {"connections", "308"},
      {"connections_per_source", "308"},
      {"deny", "192.0.2.9"},
      {"desync_mode", "monitor"},
      {"fast_interval", "700ms"},
      {"format", "alb"},
      {"forward", "shop"},
      {"from", "192.0.2.9"},
      {"group", "shop"},
      {"header", {{"x-other", "1"}}},
      {"header_bytes", "32KiB"},
      {"headers", {{"x-other", "1"}}},
      {"http2", "on"},
      {"key", "path"},
      {"latency_buckets", "120us"},
      {"level", "error"},
      {"listener", "web"},
      {"match", "^other([0-9]+)"},
      {"max_connections", "308"},
      {"max_requests", "308"},
      {"max_series", "1500"},
      {"method", "HEAD"},
      {"min_healthy_percent", "7%"},
      {"min_version", "1.3"},
      {"mode", "optional"},
      {"only", "all"},
      {"otlp", "off"},
      {"path", "/other"},
      {"port", "308"},
      {"protocol", "http"},
      {"proxy_protocol", "off"},
      {"renew", "half"},
      {"requests_per_connection", "308"},
      {"resolvers", "10.9.9.9:99"},
      {"respond", 301},
      {"rules", OrderedJson::array({OrderedJson{{"name", "other"}, {"forward", "web"}}})},
      {"same_site", "strict"},
      {"scheme", "http"},
      {"secure", "off"},
      {"set", {{"x-other", "1"}}},
      {"source", "10.9.0.0/16"},
      {"status", "308"},
      {"stickiness", {{"type", "lb_cookie"}, {"name", "WEIROTHER"}}},
      {"success_rate", {{"factor", 2}}},
      {"timeout", "700ms"},
      {"trace", "traceparent"},
      {"trust", "10.9.0.0/16"},
      {"url", "http://other.example.com/"},
      {"watch", "off"},
      {"when", "reset"},
      {"workers", "308"},
  };
  const auto found = by_step.find(key.substr(key.rfind('.') + 1));
  return found == by_step.end() ? OrderedJson() : found->second;
}

std::optional<model::Snapshot> loaded(const OrderedJson& document) {
  auto result = load_text(document.dump(), "edited.json");
  if (!result) return std::nullopt;
  return std::move(result->snapshot);
}

// "listeners.*.timeouts.idle" for /listeners/public/timeouts/idle: without names and indices.
std::string key_of(const OrderedJson::json_pointer& pointer) {
  std::vector<std::string> steps;
  for (OrderedJson::json_pointer at = pointer; !at.empty(); at.pop_back())
    steps.insert(steps.begin(), at.back());
  std::erase_if(steps, [](const std::string& step) { return std::ranges::all_of(step, base::is_digit); });
  if (steps.size() > 1 && (steps[0] == "listeners" || steps[0] == "target_groups")) steps[1] = "*";
  return fmt::format("{}", fmt::join(steps, "."));
}

// Whether something else is valid there, which then has to be in the plan.
bool changes_by(const model::Snapshot& before, const OrderedJson& document,
                const OrderedJson::json_pointer& pointer) {
  std::vector<OrderedJson> candidates = others(document[pointer]);
  if (OrderedJson likely = likely_for(key_of(pointer)); !likely.is_null()) {
    candidates.insert(candidates.begin(), std::move(likely));
  }
  for (const OrderedJson& other : candidates) {
    OrderedJson edited = document;
    edited[pointer] = other;
    const auto after = loaded(edited);
    if (!after || same_hash(before, *after)) continue;
    const Plan found = plan(before, *after);
    CHECK_FALSE(found.empty());
    CHECK(plan_line(found).find("differs in what the file cannot say") == std::string::npos);
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a plan is empty exactly if the hashes are the same") {
  const std::vector<model::Snapshot> snapshots = known_configurations();
  CHECK(snapshots.size() > 15);
  for (const model::Snapshot& a : snapshots) {
    CHECK(plan(a, a).empty());
    for (const model::Snapshot& b : snapshots) check_pair(a, b);
  }
}

TEST_CASE("random edits of known configurations never go unseen") {
  std::mt19937 random(20'260'801);
  const auto below = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  std::size_t valid = 0;
  for (const model::Snapshot& before : known_configurations()) {
    const OrderedJson document = OrderedJson::parse(effective_json(before));
    const auto pointers = scalars_of(document);
    for (int round = 0; round < 20; ++round) {
      OrderedJson edited = document;
      for (std::size_t edits = 1 + below(3); edits > 0; --edits) {
        OrderedJson& value = edited[pointers[below(pointers.size())]];
        const auto words = others(value);
        value = words[below(words.size())];
      }
      const auto after = loaded(edited);
      if (!after) continue;
      ++valid;
      check_pair(before, *after);
    }
  }
  CHECK(valid > 20);
}

// The reference uses every key that there is (reference_test.cc).
TEST_CASE("every key of the reference gives a change when it alone changes") {
  const auto before = load("config/reference.yaml", Environment()).value().snapshot;
  const OrderedJson document = OrderedJson::parse(effective_json(before));
  std::set<std::string> changed, unchanged;
  std::map<std::string, int> tries;
  for (const auto& pointer : scalars_of(document)) {
    const std::string key = key_of(pointer);
    if (changed.contains(key) || ++tries[key] > 4) continue;
    CAPTURE(key);
    (changes_by(before, document, pointer) ? changed : unchanged).insert(key);
  }
  for (const std::string& key : changed) unchanged.erase(key);
  // Keys with one valid value only so far, or none that is valid without another key.
  const std::set<std::string> single = {"listeners.*.protocol",
                                        "listeners.*.respond.body_file",
                                        "listeners.*.tls",
                                        "listeners.*.tls.alpn",
                                        "listeners.*.rules.rewrite.path.regex",
                                        "process.rollback.window",
                                        "target_groups.*.stickiness.type",
                                        "target_groups.*.targets.srv",
                                        "target_groups.*.tls"};
  CHECK(fmt::format("{}", fmt::join(unchanged, " ")) == fmt::format("{}", fmt::join(single, " ")));
  CHECK(changed.size() > 120);
}

}  // namespace weir::config
