#include <chrono>

#include "tests/unit/config/support.h"

namespace weir::config {

using namespace std::chrono_literals;

namespace {

std::string with_group(std::string_view keys) {
  return fmt::format("{}target_groups: {{ app: {{ targets: [10.0.1.10:8080], {} }} }}\n", kListener, keys);
}

model::TargetGroup group_of(std::string_view keys) { return snapshot_of(with_group(keys)).target_groups[0]; }

model::TargetGroup group_with_target(std::string_view target) {
  return snapshot_of(fmt::format("{}target_groups: {{ app: {{ targets: {} }} }}\n", kListener, target))
      .target_groups[0];
}

}  // namespace

TEST_CASE("every algorithm has its word, and power_of_two needs none") {
  using model::Algorithm;
  CHECK(snapshot_of(kMinimal).target_groups[0].algorithm == Algorithm::power_of_two);
  struct {
    std::string_view word;
    Algorithm expected;
  } const rows[] = {{"power_of_two", Algorithm::power_of_two},
                    {"round_robin", Algorithm::round_robin},
                    {"random", Algorithm::random},
                    {"least_outstanding", Algorithm::least_outstanding},
                    {"peak_ewma", Algorithm::peak_ewma},
                    {"consistent_hash", Algorithm::consistent_hash}};
  for (const auto& row : rows) {
    CAPTURE(row.word);
    CHECK(group_of(fmt::format("algorithm: {}", row.word)).algorithm == row.expected);
  }
}

TEST_CASE("what is hashed is the source, the path or something with a name") {
  using Kind = model::HashKey::Kind;
  struct {
    std::string_view key;
    Kind kind;
    std::string_view name;
  } const rows[] = {{"source", Kind::source, ""},
                    {"path", Kind::path, ""},
                    {"header:X-Tenant", Kind::header, "x-tenant"},
                    {"cookie:Session", Kind::cookie, "Session"},
                    {"query:user[id]", Kind::query, "user[id]"}};
  for (const auto& row : rows) {
    CAPTURE(row.key);
    const auto group = group_of(fmt::format("algorithm: consistent_hash, hash: {{ key: '{}' }}", row.key));
    CHECK(group.hash.kind == row.kind);
    CHECK(group.hash.name == row.name);
  }
  for (const std::string_view wrong : {"header:", "cookie:a b", "cookie:a=b", "query:", "header:x y"}) {
    CAPTURE(wrong);
    CHECK(first_error(with_group(fmt::format("hash: {{ key: '{}' }}", wrong))) == "hash-name");
  }
  for (const std::string_view wrong : {"Source", "source:", "header", "ip"}) {
    CAPTURE(wrong);
    CHECK(first_error(with_group(fmt::format("hash: {{ key: '{}' }}", wrong))) == "not-one-of");
  }
}

TEST_CASE("a target is an address or a DNS name, with a port or with SRV records") {
  const auto plain = group_with_target("[{ address: 10.0.1.10:8080, max_requests: 200 }]");
  CHECK(plain.targets.at(0).max_requests == 200);
  CHECK(plain.dns_targets.empty());
  CHECK_FALSE(group_with_target("10.0.1.10:8080").targets.at(0).max_requests);

  const auto named =
      group_with_target("[{ dns: web.internal, port: 8080, zone: az-3, weight: 2, max_requests: off }]");
  CHECK(named.targets.empty());
  const model::DnsTarget& target = named.dns_targets.at(0);
  CHECK(target.name == "web.internal");
  CHECK(target.port == 8080);
  CHECK_FALSE(target.srv);
  CHECK(target.zone == "az-3");
  CHECK(target.weight == 2);
  CHECK_FALSE(target.max_requests.has_value());
  CHECK(target.place.to_string() == "test.yaml:2:35");
  CHECK(target.name_place.to_string() == "test.yaml:2:42");

  const auto records = group_with_target("[{ dns: _http._tcp.web.internal, srv: true }, 10.0.1.10:8080]");
  CHECK(records.targets.size() == 1);
  CHECK(records.dns_targets.at(0).srv);
  CHECK(records.dns_targets[0].port == 0);
}

TEST_CASE("a DNS name has labels of letters, digits, hyphens and underscores") {
  const std::string label(63, 'a');
  for (const std::string& name :
       {std::string("localhost"), std::string("a.b."), std::string("_http._tcp.a-b.c"),
        std::string("3com.example"), fmt::format("{0}.{0}.{0}", label)}) {
    CAPTURE(name);
    CHECK(group_with_target(fmt::format("[{{ dns: {}, port: 1 }}]", name)).dns_targets.at(0).name == name);
  }
  const auto error_of = [](std::string_view name) {
    return first_error(fmt::format("{}target_groups: {{ app: {{ targets: [{{ dns: '{}', port: 1 }}] }} }}\n",
                                   kListener, name));
  };
  for (const std::string& name : {std::string(), std::string("."), std::string("a..b"), std::string("a.b.."),
                                  std::string("a-.b"), label + "a.b", fmt::format("{0}.{0}.{0}.{0}", label),
                                  std::string("a.1"), std::string("*.a"), std::string("a/b")}) {
    CAPTURE(name);
    CHECK(error_of(name) == "dns-name");
  }
  CHECK(error_of("[::1]:80") == "dns-name");
  CHECK(error_of("::1") == "dns-is-address");
}

TEST_CASE("cross_zone takes both words of a boolean and prefer") {
  using model::CrossZone;
  struct {
    std::string_view word;
    CrossZone expected;
  } const rows[] = {{"on", CrossZone::on},         {"true", CrossZone::on},   {"off", CrossZone::off},
                    {"\"false\"", CrossZone::off}, {"false", CrossZone::off}, {"prefer", CrossZone::prefer}};
  for (const auto& row : rows) {
    CAPTURE(row.word);
    CHECK(group_of(fmt::format("cross_zone: {}", row.word)).cross_zone == row.expected);
  }
  CHECK(first_error(with_group("cross_zone: yes")) == "not-one-of");
}

TEST_CASE("a percentage may have its sign") {
  for (const std::string_view text : {"50", "50%", "'50%'"}) {
    CAPTURE(text);
    const auto group = group_of(fmt::format("fail_open: {{ min_healthy_percent: {} }}", text));
    CHECK(group.fail_open.min_healthy_percent == 50);
  }
  for (const std::string_view text : {"50 %", "%", "0.5", "-1", "050", "5e1"}) {
    CAPTURE(text);
    CHECK(first_error(with_group(fmt::format("retry: {{ budget_percent: '{}' }}", text))) == "not-number");
  }
  CHECK(first_error(with_group("retry: { budget_percent: 101 }")) == "number-range");
  CHECK(first_error(with_group("retry: { budget_percent: 99999999999999999999% }")) == "number-range");
}

TEST_CASE("a fraction is written with plain digits and at most one point") {
  const auto factor_of = [](std::string_view text) {
    return group_of(fmt::format("outlier_detection: {{ success_rate: {{ factor: {} }} }}", text))
        .outlier_detection.value()
        .success_rate.value()
        .factor;
  };
  CHECK(factor_of("2") == 2);
  CHECK(factor_of("1.90") == 1.9);
  CHECK(factor_of("0.1") == 0.1);
  CHECK(factor_of("10") == 10);
  for (const std::string_view text : {".5", "1.", "1.5.1", "1e1", "-1", "01.5", "1,5", "nan", "0x1"}) {
    CAPTURE(text);
    CHECK(first_error(with_group(fmt::format("outlier_detection: {{ success_rate: {{ factor: '{}' }} }}",
                                             text))) == "not-number");
  }
  CHECK(first_error(with_group("outlier_detection: { success_rate: { factor: 10.1 } }")) == "number-range");
}

TEST_CASE("a health check expects statuses, ranges of them, or a list of both") {
  using Ranges = std::vector<model::StatusRange>;
  const auto status_of = [](std::string_view text) {
    return group_of(fmt::format("health_check: {{ expect: {{ status: {} }} }}", text))
        .health_check->expect.status;
  };
  CHECK(snapshot_of(kMinimal).target_groups[0].health_check->expect.status == Ranges{{200, 399}});
  CHECK(status_of("204") == Ranges{{204, 204}});
  CHECK(status_of("200-399") == Ranges{{200, 399}});
  CHECK(status_of("[200, \"301-302\"]") == Ranges{{200, 200}, {301, 302}});
  CHECK(status_of("100-599") == Ranges{{100, 599}});
  CHECK(first_error(with_group("health_check: { expect: { status: [] } }")) == "empty-list");
}

TEST_CASE("a health check reads bodies and headers against patterns") {
  const auto check =
      group_of(
          "health_check: { method: OPTIONS, headers: { User-Agent: weir }, expect: { body: '~o+k', "
          "header: { x-state: 'up*', x-build: 17 } } }")
          .health_check.value();
  CHECK(check.method == "OPTIONS");
  CHECK(check.headers.at(0) == std::pair<std::string, std::string>("User-Agent", "weir"));
  CHECK(check.expect.body->matches("it is ook"));
  CHECK_FALSE(check.expect.body->matches("it is not"));
  CHECK(check.expect.headers.at(0).second.matches("up and running"));
  CHECK(check.expect.headers.at(1).second.matches("17"));
}

TEST_CASE("a check by grpc asks for a service's health, or makes the call of a path") {
  using Ranges = std::vector<model::StatusRange>;
  const auto check_of = [](std::string_view keys) {
    return group_of(fmt::format("health_check: {{ protocol: grpc, {} }}", keys)).health_check.value();
  };
  const auto whole = check_of("");
  CHECK(whole.protocol == model::HealthCheck::Protocol::grpc);
  CHECK(whole.path.empty());
  CHECK(whole.service.empty());
  CHECK(check_of("service: off").service.empty());
  CHECK(check_of("service: ''").service.empty());
  CHECK(check_of("service: shop.v1.Cart, host: a.b").service == "shop.v1.Cart");
  const auto call = check_of("path: /AWS.ALB/healthcheck");
  CHECK(call.path == "/AWS.ALB/healthcheck");
  CHECK(call.expect.grpc == Ranges{{12, 12}});
  CHECK(check_of("path: /a/b, expect: { grpc: [0, '5-99'] }").expect.grpc == Ranges{{0, 0}, {5, 99}});
}

TEST_CASE("keys that a check's protocol has no use for are as if they had not been written") {
  struct Row {
    std::string_view written;
    std::string_view meant;
  };
  for (const Row& row : {
           Row{"protocol: tcp, path: /x, method: PUT, host: a, headers: { a: b }, service: s, expect: { "
               "status: "
               "200, body: x, header: { a: b }, grpc: 0 }",
               "protocol: tcp"},
           Row{"path: /x, service: s, expect: { status: 200, grpc: 0 }", "path: /x, expect: { status: 200 }"},
           Row{"protocol: grpc, service: s, method: PUT, expect: { status: 200, body: x, header: { a: b }, "
               "grpc: "
               "0 }",
               "protocol: grpc, service: s"},
           Row{"protocol: grpc, path: /x, service: s, expect: { status: 200, grpc: 0 }",
               "protocol: grpc, path: /x, expect: { grpc: 0 }"},
       }) {
    CAPTURE(row.written);
    const auto check_of = [](std::string_view keys) {
      auto check = group_of(fmt::format("health_check: {{ {} }}", keys)).health_check.value();
      check.place = check.protocol_place = {};
      return check;
    };
    CHECK(check_of(row.written) == check_of(row.meant));
  }
}

TEST_CASE("timeout and fast_interval follow a shorter interval unless they are written") {
  const auto check_of = [](std::string_view keys) {
    return group_of(fmt::format("health_check: {{ {} }}", keys)).health_check.value();
  };
  CHECK(check_of("interval: 500ms").timeout == 500ms);
  CHECK(check_of("interval: 500ms").fast_interval == 500ms);
  CHECK(check_of("interval: 1m").timeout == 2s);
  CHECK(check_of("interval: 1m").fast_interval == 1s);
  CHECK(check_of("interval: 3s, timeout: 3s, fast_interval: 3s").timeout == 3s);
  CHECK(check_of("port: traffic").port == std::nullopt);
  CHECK(check_of("port: 9000").port == 9000);
}

TEST_CASE("what an ejection lasts at most follows a longer base_ejection unless it is written") {
  const auto detection_of = [](std::string_view keys) {
    return group_of(fmt::format("outlier_detection: {{ {} }}", keys)).outlier_detection.value();
  };
  CHECK(detection_of("base_ejection: 10m").max_ejection == 10min);
  CHECK(detection_of("base_ejection: 10s").max_ejection == 5min);
  CHECK_FALSE(detection_of("base_ejection: 10s").success_rate.has_value());
}

TEST_CASE("checks, ejection, the queue and the ramp can be switched off") {
  const auto group = group_of("health_check: off, outlier_detection: false, queue: off, slow_start: off");
  CHECK_FALSE(group.health_check.has_value());
  CHECK_FALSE(group.outlier_detection.has_value());
  CHECK(group.queue.max == 0);
  CHECK(group.slow_start == 0s);
  CHECK(group_of("queue: { max: 0 }").queue.max == 0);
  CHECK(group_of("slow_start: 0s").slow_start == 0s);
  CHECK(group_of("slow_start: 15m").slow_start == 15min);
  CHECK(first_error(with_group("slow_start: 999ms")) == "duration-range");
  CHECK(group_of("drain: 0s").drain == 0s);
  CHECK(first_error(with_group("drain: 61m")) == "duration-range");
}

TEST_CASE("a retry reason is a word or the number of a status, and the list replaces the default") {
  const auto when_of = [](std::string_view when) {
    return group_of(fmt::format("retry: {{ when: {} }}", when)).retry.when;
  };
  CHECK(when_of("[connect_failure, 503]") == model::RetryWhen{.connect_failure = true, .status_503 = true});
  CHECK(
      when_of("[reset, timeout, \"502\", 504]") ==
      model::RetryWhen{
          .connect_failure = false, .reset = true, .timeout = true, .status_502 = true, .status_504 = true});
  CHECK(when_of("off") == model::RetryWhen{.connect_failure = false});
  CHECK(first_error(with_group("retry: { when: 500 }")) == "not-one-of");
}

}  // namespace weir::config
