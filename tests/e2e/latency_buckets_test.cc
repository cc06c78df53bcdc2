// admin.latency_buckets: only another process has others, and there no count goes back.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/e2e/upgrade.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr std::string_view kBefore = "[1ms, 20ms, 10s]";
constexpr std::string_view kAfter = "[50ms, 10s, 60s]";
constexpr std::string_view kRequests = "weir_request_duration_seconds";
constexpr std::string_view kCheckDurations = "weir_health_check_duration_seconds";

std::string scene(const Backend& backend) {
  return fmt::format(
      "process: {{ upgrade_grace: 5s }}\n"
      "admin: {{ bind: \"unix:{{dir}}/admin.sock\", latency_buckets: {} }}\n"
      "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
      "target_groups: {{ app: {{ health_check: {{ interval: 300ms }}, targets: [\"{}\"] }} }}\n",
      kBefore, backend.address());
}

std::string changed(const Daemon& weir) {
  std::string text = read_file(weir.file());
  return text.replace(text.find(kBefore), kBefore.size(), kAfter);
}

// The sample of the group, with this end of its name: count, or bucket and a bound. -1: there is none.
int sample(const Daemon& weir, std::string_view family, std::string_view end, std::string_view bound = {}) {
  const std::string text = weir.admin("/metrics").body;
  for (const std::string& line : lines_of(text)) {
    const bool named = line.starts_with(fmt::format("{}_{}{{", family, end));
    const bool bounded = bound.empty() || line.find(fmt::format("le=\"{}\"", bound)) != std::string::npos;
    if (named && bounded && line.find("target_group=\"app\"") != std::string::npos) {
      return std::stoi(line.substr(line.rfind(' ') + 1));
    }
  }
  return -1;
}

void serve(const Daemon& weir, int requests) {
  for (int i = 0; i < requests; ++i) CHECK(fetch(weir.address(), "/name").status == 200);
}

}  // namespace

TEST_CASE("a reload leaves the buckets as they are, and says so") {
  const Backend backend;
  const Daemon weir(scene(backend));
  serve(weir, 3);
  const std::string file = weir.directory().write("other.yaml", changed(weir));
  const Finished plan = run_weir({"plan", "--admin", weir.admin_address(), file});
  INFO(plan.out << plan.err);
  CHECK(plan.out.find("latency_buckets: [1ms, 20ms, 10s] -> [50ms, 10s, 1m] (needs restart)") !=
        std::string::npos);
  weir.directory().write("weir.yaml", changed(weir));
  const Finished reload = run_weir({"reload", "--admin", weir.admin_address()});
  INFO(reload.out << reload.err);
  CHECK(reload.code == 0);
  serve(weir, 3);
  CHECK(eventually([&] { return sample(weir, kRequests, "bucket", "10") == 6; }));
  CHECK(sample(weir, kRequests, "bucket", "0.001") >= 0);
  CHECK(sample(weir, kRequests, "bucket", "0.05") == -1);
}

TEST_CASE("an upgrade takes other buckets, and what was counted counts on") {
  const Backend backend;
  Upgrades upgrades(scene(backend));
  const Daemon& weir = upgrades.weir();
  serve(weir, 5);
  CHECK(eventually([&] { return sample(weir, kRequests, "count") == 5; }));
  CHECK(eventually([&] { return sample(weir, kCheckDurations, "count") > 0; }));
  const int checks = sample(weir, kCheckDurations, "count");
  weir.directory().write("weir.yaml", changed(weir));
  upgrades.upgrade();
  CHECK(sample(weir, kRequests, "count") == 5);
  CHECK(sample(weir, kRequests, "bucket", "10") == 5);
  CHECK(sample(weir, kRequests, "bucket", "60") == 5);
  CHECK(sample(weir, kRequests, "bucket", "0.05") >= 0);
  CHECK(sample(weir, kRequests, "bucket", "0.001") == -1);
  CHECK(sample(weir, kCheckDurations, "count") >= checks);
  CHECK(sample(weir, kCheckDurations, "bucket", "60") >= checks);
  serve(weir, 4);
  CHECK(eventually([&] { return sample(weir, kRequests, "count") == 9; }));
  CHECK(eventually([&] { return upgrades.old_processes() == 0; }));
  CHECK(sample(weir, kRequests, "count") == 9);
}
