#include "lb/server/upgrade_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace weir::server::upgrade {
namespace {

using Json = nlohmann::json;

// Of a message; a channel takes 128 KiB.
constexpr std::size_t kPiece = 48u << 10;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::int64_t count(base::Instant at) { return at.time_since_epoch().count(); }
std::int64_t count(base::WallTime at) { return at.time_since_epoch().count(); }
base::Instant instant(const Json& json, const char* name, base::Instant otherwise = {}) {
  return base::Instant(base::Duration(json.value(name, count(otherwise))));
}
base::WallTime wall(const Json& json, const char* name) {
  return base::WallTime(std::chrono::nanoseconds(json.value(name, std::int64_t{0})));
}

// The value of that enum with this word; there are `size` of them.
template <class Enum, class Word>
Enum named(const std::string& text, std::size_t size, Word&& word_of, Enum otherwise) {
  for (std::size_t i = 0; i < size; ++i) {
    if (word_of(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
  }
  return otherwise;
}

Json to_json(const health::ProbeResult& result) {
  return {{"phase", word(result.phase)},    {"reason", code(result.reason)}, {"status", result.status},
          {"took", result.took.count()},    {"at", count(result.at)},        {"detail", result.detail},
          {"body_start", result.body_start}};
}

health::Phase read_phase(const Json& json) {
  constexpr std::size_t kPhases = static_cast<std::size_t>(health::Phase::passed) + 1;
  return named(
      json.value("phase", ""), kPhases, [](health::Phase phase) { return word(phase); },
      health::Phase::connect);
}

health::ReasonCode read_reason(const Json& json) {
  constexpr std::size_t kReasons = static_cast<std::size_t>(health::ReasonCode::check_disabled) + 1;
  return named(
      json.value("reason", ""), kReasons, [](health::ReasonCode reason) { return code(reason); },
      health::ReasonCode::failed_checks);
}

health::ProbeResult read_result(const Json& json) {
  return {.phase = read_phase(json),
          .reason = read_reason(json),
          .status = json.value("status", std::uint16_t{0}),
          .took = base::Duration(json.value("took", std::int64_t{0})),
          .at = wall(json, "at"),
          .detail = json.value("detail", ""),
          .body_start = json.value("body_start", "")};
}

Json to_json(const health::HealthState::Snapshot& health) {
  Json json{{"health", word(health.health)},
            {"reason", code(health.reason)},
            {"passes_in_row", health.passes_in_row},
            {"failures_in_row", health.failures_in_row},
            {"since", count(health.since)},
            {"passes", health.passes},
            {"failures", health.failures}};
  if (health.failed) json["failed"] = to_json(*health.failed);
  return json;
}

health::HealthState::Snapshot read_health(const Json& json) {
  constexpr std::size_t kHealths = static_cast<std::size_t>(health::Health::unhealthy) + 1;
  health::HealthState::Snapshot health{
      .health = named(
          json.value("health", ""), kHealths, [](health::Health one) { return word(one); },
          health::Health::initial),
      .reason = read_reason(json),
      .passes_in_row = json.value("passes_in_row", 0U),
      .failures_in_row = json.value("failures_in_row", 0U),
      .since = wall(json, "since"),
      .passes = json.value("passes", std::uint64_t{0}),
      .failures = json.value("failures", std::uint64_t{0})};
  if (json.contains("failed")) health.failed = read_result(json["failed"]);
  return health;
}

Json to_json(const health::OutlierDetector::Snapshot& outlier) {
  return {{"ejected", outlier.ejected},         {"reason", word(outlier.last.reason)},
          {"since", count(outlier.last.since)}, {"until", count(outlier.last.until)},
          {"count", outlier.last.count},        {"in_service_since", count(outlier.in_service_since)}};
}

health::OutlierDetector::Snapshot read_outlier(const Json& json) {
  const auto reason = named(
      json.value("reason", ""), observe::kEjectionReasons.size(),
      [](health::EjectionReason one) { return word(one); }, health::EjectionReason::consecutive_answered);
  return {.ejected = json.value("ejected", false),
          .last = {.reason = reason,
                   .since = instant(json, "since"),
                   .until = instant(json, "until"),
                   .count = json.value("count", 1U)},
          .in_service_since = instant(json, "in_service_since")};
}

base::SocketAddress address_of(const Json& json) {
  const auto address = base::SocketAddress::parse(json.at("address").get<std::string>());
  if (!address || address->is_unix()) throw std::invalid_argument("a target without an address");
  return *address;
}

}  // namespace

void read_counts(const Json& json, const char* name, std::span<std::uint64_t> counts) {
  const auto values = json.value(name, std::vector<std::uint64_t>());
  std::copy_n(values.begin(), std::min(values.size(), counts.size()), counts.begin());
}

std::string message(std::string_view type, const Json& members) {
  Json json = members;
  json["version"] = kVersion;
  json["type"] = type;
  return dump(json);
}

Pieces::Pieces(std::string_view type, const Json& members, Send send)
    : head_(message(type, members)), send_(std::move(send)) {
  head_.back() = ',';  // the brace
  head_ += "\"entries\":[";
}

Pieces::~Pieces() { flush(); }

void Pieces::add(const Json& entry) {
  text_ += text_.empty() ? head_ : ",";
  text_ += dump(entry);
  if (text_.size() >= kPiece) flush();
}

void Pieces::flush() {
  if (text_.empty()) return;
  send_(std::exchange(text_, {}) + "]}");
}

Json to_json(const std::string& group, const TargetSnapshot& one) {
  Json json{{"group", group},
            {"address", one.target.address.to_string()},
            {"id", one.target.id},
            {"zone", one.target.zone},
            {"weight", one.target.weight},
            {"owner", word(one.owner)},
            {"ejections", one.ejections},
            {"ejected_at", count(one.ejected_at)}};
  if (one.target.max_requests) json["max_requests"] = *one.target.max_requests;
  if (one.health) json["health"] = to_json(*one.health);
  if (one.outlier) json["outlier"] = to_json(*one.outlier);
  if (one.drain) {
    json["drain"] = {{"since", count(one.drain->since)},
                     {"until", count(one.drain->until)},
                     {"at", count(one.drain->at)},
                     {"leaves", one.drain->leaves},
                     {"cut", one.drain->cut}};
  }
  if (one.ramp_since != base::kNever) json["ramp_since"] = count(one.ramp_since);
  return json;
}

TargetSnapshot read_target(const Json& json) {
  TargetSnapshot one;
  one.target.address = address_of(json);
  one.target.id = json.value("id", one.target.address.to_string());
  one.target.zone = json.value("zone", "");
  one.target.weight = json.value("weight", 1U);
  if (json.contains("max_requests")) one.target.max_requests = json["max_requests"].get<std::uint32_t>();
  one.owner = named(json.value("owner", ""), 3, [](Owner owner) { return word(owner); }, Owner::file);
  read_counts(json, "ejections", one.ejections);
  one.ejected_at = wall(json, "ejected_at");
  if (json.contains("health")) one.health = read_health(json["health"]);
  if (json.contains("outlier")) one.outlier = read_outlier(json["outlier"]);
  if (json.contains("drain")) {
    const Json& drain = json["drain"];
    one.drain = Drain{.since = instant(drain, "since"),
                      .until = instant(drain, "until"),
                      .at = wall(drain, "at"),
                      .leaves = drain.value("leaves", false),
                      .cut = drain.value("cut", false)};
  }
  one.ramp_since = instant(json, "ramp_since", base::kNever);
  return one;
}

Json to_json(const std::string& group, const NameSnapshot& name, const MemberPiece& members) {
  Json json{{"group", group}, {"name", name.name}, {"port", name.port}, {"srv", name.srv}};
  for (const auto& [address, member] : members) {
    json["members"].push_back({{"address", address.to_string()},
                               {"weight", member.weight},
                               {"missed", member.missed},
                               {"missed_since", count(member.missed_since)}});
  }
  return json;
}

NameSnapshot read_name(const Json& json) {
  NameSnapshot name{
      .name = json.at("name"), .port = json.value("port", std::uint16_t{0}), .srv = json.value("srv", false)};
  for (const Json& one : json.value("members", Json::array())) {
    name.members[address_of(one)] = {.weight = one.value("weight", 1U),
                                     .missed = one.value("missed", 0U),
                                     .missed_since = instant(one, "missed_since")};
  }
  return name;
}

Json to_json(const GroupSnapshot& group) {
  Json json{{"name", group.name}, {"check_durations", to_json(group.check_durations)}};
  for (const observe::DnsFact& name : group.dns) {
    json["dns"].push_back({{"name", name.name}, {"refreshes", name.refreshes}});
  }
  return json;
}

GroupSnapshot read_group(const Json& json) {
  GroupSnapshot group{.name = json.at("name")};
  if (json.contains("check_durations")) group.check_durations = read_histogram(json["check_durations"]);
  for (const Json& one : json.value("dns", Json::array())) {
    observe::DnsFact& name = group.dns.emplace_back();
    name.name = one.at("name");
    read_counts(one, "refreshes", name.refreshes);
  }
  return group;
}

Json to_json(const admin::ZoneShift& shift) {
  return {{"zone", shift.zone},
          {"reason", shift.reason},
          {"since", count(shift.since)},
          {"until", count(shift.until)}};
}

admin::ZoneShift read_shift(const Json& json) {
  return {.zone = json.at("zone"),
          .reason = json.value("reason", ""),
          .since = wall(json, "since"),
          .until = wall(json, "until")};
}

}  // namespace weir::server::upgrade
