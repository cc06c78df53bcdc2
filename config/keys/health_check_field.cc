#include <algorithm>

#include "config/keys/group_fields.h"
#include "config/keys/http_values.h"
#include "config/keys/ratios.h"
#include "config/keys/scalars.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Expect;
using model::HealthCheck;
using model::TargetGroup;

namespace {

using CheckProtocol = HealthCheck::Protocol;

Table<Expect> expected_answer_table() {
  return {.doc = "What a passing answer looks like: all of it has to hold",
          .fields = {
              field("status", "200, \"200-399\", or a list of such", &Expect::status,
                    list_of(status_range(), ListSize::not_empty)),
              field("body", "A text that stands in its first 64 KiB, or ~EXPRESSION that is found there",
                    &Expect::body, off_or(part_pattern())),
              field("header", "Headers, each with the pattern that its value has to match", &Expect::headers,
                    fields_of(pattern(), FieldNames::any)),
          }};
}

Table<HealthCheck> health_check_table() {
  const auto pace = [] { return duration(100ms, 300s); };
  return {.doc = "Active checks: weir asks each target",
          .fields = {
              placed(&HealthCheck::protocol_place,
                     field("protocol",
                           "http and https: an exchange; tcp: a connection; left out, as the group's own",
                           &HealthCheck::protocol,
                           one_of<CheckProtocol>({{"http", CheckProtocol::http},
                                                  {"https", CheckProtocol::https},
                                                  {"tcp", CheckProtocol::tcp}},
                                                 {"grpc"}))),
              field("port", "traffic: the one that requests go to", &HealthCheck::port,
                    word_or("traffic", {{"const", "traffic"}}, number16(1, 65535))),
              field("path", "With its query", &HealthCheck::path, request_path()),
              field("method", "Of the request", &HealthCheck::method, request_method()),
              field("host", "The Host to send; off: the target's address", &HealthCheck::host,
                    off_or(request_host())),
              field("headers", "Further headers of the request", &HealthCheck::headers,
                    fields_of(field_value(), FieldNames::settable)),
              section("expect", &HealthCheck::expect, expected_answer_table()),
              field("interval", "From start to start", &HealthCheck::interval, pace()),
              placed(&HealthCheck::fast_interval_place,
                     field("fast_interval",
                           "While a target is changing its mind; left out, the shorter of 1s and interval",
                           &HealthCheck::fast_interval, pace())),
              field("jitter", "By how much intervals vary", &HealthCheck::jitter_percent,
                    percent(0, 50, PercentSign::written)),
              placed(&HealthCheck::timeout_place,
                     field("timeout", "For all of a check; left out, the shorter of 2s and interval",
                           &HealthCheck::timeout, duration(10ms, 300s))),
              field("healthy_threshold", "Passes in a row; the first one of a new target is enough",
                    &HealthCheck::healthy_threshold, number32(1, 100)),
              field("unhealthy_threshold", "Failures in a row", &HealthCheck::unhealthy_threshold,
                    number32(1, 100)),
          }};
}

// What a tcp check has no use for.
constexpr std::string_view kHttpKeys[] = {"path", "method", "host", "headers", "expect"};

void drop_http_settings(const Value& value, HealthCheck& check) {
  for (const Entry& entry : value.entries("a map of keys").value_or(std::vector<Entry>())) {
    if (std::ranges::find(kHttpKeys, entry.key->text) == std::end(kHttpKeys)) continue;
    value.report().add<Message::check_key_unused>(value.member(entry).key_where(), entry.key->text);
  }
  const HealthCheck defaults;
  check.path = defaults.path;
  check.method = defaults.method;
  check.host = defaults.host;
  check.headers = defaults.headers;
  check.expect = defaults.expect;
}

}  // namespace

Field<TargetGroup> health_check_field() {
  auto codec = section_codec(health_check_table());
  codec.read = [read = codec.read](const Value& value) {
    auto check = read(value);
    if (!check) return check;
    check->place = value.key_place();
    if (check->timeout_place.line == 0) check->timeout = std::min(check->timeout, check->interval);
    if (check->fast_interval_place.line == 0)
      check->fast_interval = std::min(check->fast_interval, check->interval);
    if (check->protocol == CheckProtocol::tcp) drop_http_settings(value, *check);
    return check;
  };
  codec.write = [write = codec.write](const HealthCheck& check) {
    Json json = write(check);
    if (check.protocol == CheckProtocol::tcp) {
      for (const std::string_view key : kHttpKeys) json.erase(std::string(key));
    }
    return json;
  };
  auto result = field("health_check", "Active checks: weir asks each target; off: every target is trusted",
                      &TargetGroup::health_check, off_or(std::move(codec)));
  result.read = [read = result.read](const Value& value, TargetGroup& group) {
    read(value, group);
    auto& check = group.health_check;
    if (!check) return;
    const bool follows = check->protocol_place.line == 0 && group.protocol == model::Protocol::https;
    if (follows) check->protocol = CheckProtocol::https;
    if (check->protocol == CheckProtocol::https && !group.tls) group.tls.emplace();
  };
  return result;
}

}  // namespace weir::config
