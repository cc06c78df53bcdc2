#include "config/effective.h"

#include <nlohmann/json.hpp>

#include "tests/unit/config/support.h"

namespace weir::config {
namespace {

const char* const kUnusual =
    "process: { workers: 3, zone: az-1, user: weir, state_dir: off, max_connections: 5, shutdown_grace: "
    "1500ms, upgrade_grace: 7d, watch: poll 100ms, rollback: { window: 1h, error_rate: 0.25% } }\n"
    "admin: { bind: \"unix:/run/$${x}\", token_file: /etc/token, max_series: 1000 }\n"
    "log: { level: error, access: { output: \"/var/log/a b.log\", format: '$${{ {{{header:X-A}}} {client}', "
    "only: errors, sample: 0.5% }, redact: [a, \"$${x}\"] }\n"
    "listeners:\n"
    "  web:\n"
    "    bind: [\"[::]:80\", 127.0.0.1:0]\n"
    "    forward: app\n"
    "    upgrade: off\n"
    "    trace: x-amzn-trace-id\n"
    "    forwarded: { trust: [10.0.0.0/8, \"fd00::/8\"], via: on, mode: preserve }\n"
    "    timeouts: { idle: off, tunnel: 30d, header: 1ms }\n"
    "    limits: { body_bytes: 0, connections: 7, connections_per_source: 8 }\n"
    "target_groups:\n"
    "  app:\n"
    "    targets: [\"[fd00::1]:80\", { address: 10.0.2.10:8080, id: two, zone: az-2, weight: 0 }]\n"
    "    keepalive: { max_idle: off, max_age: off, max_requests: 9 }\n"
    "    retry: { attempts: 1, when: off, buffer: 12345 }\n"
    "    queue: { max: off, timeout: 9s }\n"
    "    preserve_host: off\n"
    "  named:\n"
    "    targets: [{ dns: _http._tcp.web.internal, srv: on }, { dns: a.b, port: 1, max_requests: 2 }, "
    "10.0.1.1:1]\n"
    "    algorithm: consistent_hash\n"
    "    hash: { key: \"query:$${x}\" }\n"
    "    cross_zone: off\n"
    "    fail_open: { min_healthy: 0, min_healthy_percent: 100%, refuse: on }\n"
    "    health_check: { port: 9, host: a.b, headers: { X-A: \"$${x}\" }, timeout: 5s, jitter: 0, expect: { "
    "status: "
    "[200, 300-302], body: \"~$${\", header: { x-b: =1 } } }\n"
    "    outlier_detection: { base_ejection: 1h, success_rate: { factor: 0.15, interval: 1500ms } }\n"
    "    slow_start: 90s\n"
    "    retry: { when: [504, reset], budget_percent: 0 }\n"
    "  trusted: { targets: 10.0.1.1:1, health_check: off, outlier_detection: off, cross_zone: prefer }\n"
    "  connected: { targets: 10.0.1.1:1, health_check: { protocol: tcp, path: /unused } }\n";

}  // namespace

TEST_CASE("the effective configuration read as YAML gives the same snapshot") {
  std::vector<model::Snapshot> snapshots = {snapshot_of(kMinimal), snapshot_of(kUnusual)};
  for (const char* const path : {"config/reference.yaml", "config/weir.yaml", "tests/golden/valid-rules.yaml",
                                 "tests/golden/valid-tls.yaml"})
    snapshots.push_back(load(path, Environment()).value().snapshot);
  for (const model::Snapshot& snapshot : snapshots) {
    const auto again = snapshot_of(effective_json(snapshot));
    CHECK(again == snapshot);
    CHECK(effective_json(again) == effective_json(snapshot));
  }
}

TEST_CASE("the effective configuration shows defaults under the names of the file") {
  const auto json = nlohmann::json::parse(effective_json(snapshot_of(kMinimal)));
  CHECK(json["process"]["workers"] == "auto");
  CHECK(json["admin"]["bind"] == "127.0.0.1:9900");
  CHECK(json["listeners"]["web"]["timeouts"]["idle"] == "1m");
  CHECK(json["listeners"]["web"]["limits"]["body_bytes"] == "off");
  CHECK(json["target_groups"]["app"]["targets"][0]["id"] == "10.0.1.10:8080");
  CHECK_FALSE(json.contains("include"));
}

TEST_CASE("a target has no more bytes than its head, unless it is said to") {
  const auto target_bytes = [](std::string_view limits) {
    const auto snapshot = snapshot_of("listeners: { web: { bind: 0.0.0.0:8080, forward: app, limits: { " +
                                      std::string(limits) + " } } }\n" + std::string(kGroup));
    return nlohmann::json::parse(effective_json(snapshot))["listeners"]["web"]["limits"]["target_bytes"];
  };
  CHECK(target_bytes("headers: 5") == "16KiB");
  CHECK(target_bytes("header_bytes: 8KiB") == "8KiB");
  CHECK(target_bytes("header_bytes: 16KiB") == "16KiB");
  CHECK(target_bytes("header_bytes: 32KiB") == "16KiB");
  CHECK(target_bytes("target_bytes: 4KiB, header_bytes: 8KiB") == "4KiB");
  CHECK(target_bytes("header_bytes: 8KiB, target_bytes: 8KiB") == "8KiB");
}

TEST_CASE("the hash follows the meaning of a file, not its layout") {
  const std::string hash = effective_hash(snapshot_of(kMinimal));
  CHECK(hash.size() == 16);
  CHECK(effective_hash(snapshot_of("# a comment\n" + kMinimal + "process: { workers: auto }\n")) == hash);
  CHECK(effective_hash(snapshot_of(kMinimal + "process: { workers: 2 }\n")) != hash);
}

TEST_CASE("what is shown to everybody has no value of a header that proves who sends it") {
  const model::Snapshot snapshot = snapshot_of(
      "listeners:\n"
      "  web:\n"
      "    bind: 127.0.0.1:80\n"
      "    rules:\n"
      "      - match: { header: { Authorization: [Bearer-s3cret], X-Version: [\"2\"] } }\n"
      "        headers: { request: { set: { X-Api-Key: s3cret, X-Plain: seen }, add: { Cookie: a=s3cret } } "
      "}\n"
      "        forward: app\n"
      "    forward: app\n"
      "target_groups:\n"
      "  app:\n"
      "    targets: [127.0.0.1:1]\n"
      "    health_check: { headers: { Authorization: Basic s3cret, X-Plain: seen } }\n");
  const std::string shown = shown_json(snapshot);
  CHECK(shown.find("s3cret") == std::string::npos);
  CHECK(effective_json(snapshot).find("s3cret") != std::string::npos);
  std::size_t seen = 0;
  for (std::size_t at = 0; (at = shown.find("seen", at)) != std::string::npos; ++at) ++seen;
  CHECK(seen == 2);
  CHECK(shown_json(snapshot_of(shown)) == shown);
}

}  // namespace weir::config
