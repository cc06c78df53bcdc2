#include <algorithm>

#include "config/keys/check_keys.h"
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
              field("grpc", "Of grpc with a path: 12, \"0-99\", or a list of such codes", &Expect::grpc,
                    list_of(grpc_code_range(), ListSize::not_empty)),
          }};
}

Table<HealthCheck> health_check_table() {
  const auto pace = [] { return duration(100ms, 300s); };
  return {
      .doc = "Active checks: weir asks each target",
      .fields = {
          placed(&HealthCheck::protocol_place, field("protocol",
                                                     "http and https: an exchange; tcp: a connection; "
                                                     "grpc: a call; left out, as the group's own",
                                                     &HealthCheck::protocol,
                                                     one_of<CheckProtocol>({{"http", CheckProtocol::http},
                                                                            {"https", CheckProtocol::https},
                                                                            {"tcp", CheckProtocol::tcp},
                                                                            {"grpc", CheckProtocol::grpc}}))),
          field("port", "traffic: the one that requests go to", &HealthCheck::port,
                word_or("traffic", {{"const", "traffic"}}, number16(1, 65535))),
          field("path", "With its query; of grpc: a call of this path, whose code counts, as ALB has it",
                &HealthCheck::path, request_path()),
          field("method", "Of the request", &HealthCheck::method, request_method()),
          field("service",
                "Of grpc without a path: whose health grpc.health.v1 is asked for; off: the server's",
                &HealthCheck::service, grpc_service()),
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

std::vector<Entry> entries_of(const Value& map) {
  if (map.kind() != Node::Kind::map) return {};
  return map.entries("a map of keys").value_or(std::vector<Entry>());
}

// `below`: the keys that the map stands behind, with a dot.
void report_unused(const Value& map, const std::string& below, const std::vector<UnusedKey>& unused) {
  for (const Entry& entry : entries_of(map)) {
    const std::string key = below + entry.key->text;
    const auto found = std::ranges::find(unused, key, &UnusedKey::key);
    if (found != unused.end()) {
      map.report().add<Message::check_key_unused>(map.member(entry).key_where(), found->whom, key);
    } else if (key == "expect") {
      report_unused(map.member(entry), "expect.", unused);
    }
  }
}

bool has_key(const Value& map, std::string_view key) {
  return std::ranges::any_of(entries_of(map), [&](const Entry& entry) { return entry.key->text == key; });
}

void settle_durations(HealthCheck& check) {
  if (check.timeout_place.line == 0) check.timeout = std::min(check.timeout, check.interval);
  if (check.fast_interval_place.line == 0)
    check.fast_interval = std::min(check.fast_interval, check.interval);
}

void erase_unused(Json& json, const HealthCheck& check) {
  if (check.path.empty()) json.erase("path");
  for (const UnusedKey& unused : unused_keys(check)) {
    const std::string key(unused.key);
    const std::size_t dot = key.find('.');
    if (dot == std::string::npos) {
      json.erase(key);
    } else {
      json[key.substr(0, dot)].erase(key.substr(dot + 1));
    }
  }
  if (json["expect"].empty()) json.erase("expect");
}

}  // namespace

Field<TargetGroup> health_check_field() {
  auto codec = section_codec(health_check_table());
  codec.read = [read = codec.read](const Value& value) {
    auto check = read(value);
    if (!check) return check;
    check->place = value.key_place();
    settle_durations(*check);
    if (check->protocol == CheckProtocol::grpc && !has_key(value, "path")) check->path.clear();
    report_unused(value, "", unused_keys(*check));
    forget_unused(*check);
    return check;
  };
  codec.write = [write = codec.write](const HealthCheck& check) {
    Json json = write(check);
    erase_unused(json, check);
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
