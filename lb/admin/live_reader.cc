#include "lb/admin/live_reader.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace weir::admin {
namespace {

using nlohmann::json;

using Numbers = std::vector<std::uint64_t>;

// The members of a target's row, by the names that the document gives them.
class Row {
 public:
  Row(const json& columns, const json& values) : columns_(columns), values_(values) {}

  const json& operator[](std::string_view name) const {
    const auto found = std::ranges::find(columns_, json(name));
    return values_.at(static_cast<std::size_t>(found - columns_.begin()));
  }
  template <class Value>
  Value get(std::string_view name) const {
    return (*this)[name].get<Value>();
  }
  template <class Value>
  std::optional<Value> get_any(std::string_view name) const {
    const json& value = (*this)[name];
    return value.is_null() ? std::nullopt : std::optional(value.get<Value>());
  }

 private:
  const json& columns_;
  const json& values_;
};

template <class Value>
Value get(const Row& row, const char* name) {
  return row.get<Value>(name);
}
template <class Value>
Value get(const json& object, const char* name) {
  return object.at(name).get<Value>();
}
std::string text(const json& object, const char* name) { return get<std::string>(object, name); }
std::uint64_t count(const json& object, const char* name) { return get<std::uint64_t>(object, name); }

LiveCounters counters_of(const auto& from) {
  return {.requests = get<std::uint64_t>(from, "requests"),
          .responses_5xx = get<std::uint64_t>(from, "responses_5xx"),
          .connection_errors = get<std::uint64_t>(from, "connection_errors"),
          .buckets = get<Numbers>(from, "buckets")};
}

LiveTarget target_of(const Row& row) {
  return {.id = row.get<std::string>("id"),
          .address = row.get<std::string>("address"),
          .zone = row.get<std::string>("zone"),
          .state = row.get<std::string>("state"),
          .reason = row.get<std::string>("reason"),
          .since = row.get<double>("since"),
          .until = row.get_any<double>("until"),
          .weight = row.get<std::uint64_t>("weight"),
          .part = row.get<double>("part"),
          .max_requests = row.get_any<std::uint64_t>("max_requests"),
          .outstanding = row.get<std::uint64_t>("outstanding"),
          .zone_shifted = row.get<bool>("zone_shifted"),
          .counters = row["requests"].is_null() ? std::nullopt : std::optional(counters_of(row))};
}

LiveGroup group_of(const json& group, const json& columns) {
  LiveGroup result{.name = text(group, "name"),
                   .algorithm = text(group, "algorithm"),
                   .in_use = get<bool>(group, "in_use"),
                   .ready = get<bool>(group, "ready"),
                   .can_serve = get<bool>(group, "can_serve"),
                   .fail_open = get<bool>(group, "fail_open"),
                   .healthy = count(group, "healthy"),
                   .counted = count(group, "counted"),
                   .queue_length = count(group, "queue_length"),
                   .targets = {},
                   .other = {}};
  for (const auto& [reason, number] : group.at("retries").items())
    result.retries += number.get<std::uint64_t>();
  const auto other = group.find("other");  // an older weir has none
  if (other != group.end() && !other->is_null()) result.other = counters_of(*other);
  for (const json& row : group.at("targets")) result.targets.push_back(target_of({columns, row}));
  return result;
}

// An older weir tells nothing of it.
void read_introduction(const json& one, LiveListener& listener) {
  if (!one.contains("protocol")) return;
  listener.protocol = text(one, "protocol");
  listener.http2 = get<bool>(one, "http2");
  if (const json& handshakes = one.at("handshakes"); !handshakes.is_null()) {
    listener.failed_handshakes = count(handshakes, "failed");
  }
  if (const json& certificate = one.at("certificate"); !certificate.is_null()) {
    listener.certificate = {text(certificate, "subject"), get<double>(certificate, "expires")};
  }
}

LiveListener listener_of(const json& one) {
  LiveListener listener{.name = text(one, "name"),
                        .responses = get<Numbers>(one, "responses"),
                        .own_5xx = count(one, "own_5xx"),
                        .connections = count(one, "connections"),
                        .websockets = count(one, "websockets"),
                        .received_bytes = count(one, "received_bytes"),
                        .sent_bytes = count(one, "sent_bytes")};
  listener.responses.resize(5);
  read_introduction(one, listener);
  return listener;
}

LiveRoute route_of(const json& row) {
  LiveRoute route{row.at(0).get<std::string>(), row.at(1).get<std::string>(), row.at(2).get<Numbers>()};
  if (row.size() < 4) return route;  // of an older weir
  route.grpc_failures = {.by_target = row.at(3).value("target", std::uint64_t{0}),
                         .by_weir = row.at(3).value("weir", std::uint64_t{0})};
  return route;
}

LiveDocument document_of(const json& all) {
  const json& config = all.at("config");
  LiveDocument result{.at = get<double>(all, "at"),
                      .clock = get<double>(all, "clock"),
                      .version = text(all, "version"),
                      .pid = count(all, "pid"),
                      .started = get<double>(all, "started"),
                      .workers = count(all, "workers"),
                      .config_file = text(config, "file"),
                      .config_hash = text(config, "hash"),
                      .config_loaded = get<double>(config, "loaded"),
                      .last_reload_succeeded = get<bool>(config, "last_reload_succeeded"),
                      .bounds_seconds = get<std::vector<double>>(all, "bounds_seconds"),
                      .listeners = {},
                      .rules = {},
                      .routes = {},
                      .zone_shifts = {},
                      .target_groups = {}};
  for (const json& one : all.at("listeners")) result.listeners.push_back(listener_of(one));
  for (const json& one : all.at("rules"))
    result.rules.push_back(
        {one.at(0).get<std::string>(), one.at(1).get<std::string>(), one.at(2).get<std::uint64_t>()});
  for (const json& one : all.at("routes")) result.routes.push_back(route_of(one));
  for (const json& one : all.at("zone_shifts"))
    result.zone_shifts.push_back({text(one, "zone"), text(one, "reason"), get<double>(one, "until")});
  const json& columns = all.at("target_columns");
  for (const json& one : all.at("target_groups")) result.target_groups.push_back(group_of(one, columns));
  return result;
}

}  // namespace

std::expected<LiveDocument, std::string> read_live(std::string_view text) {
  try {
    return document_of(json::parse(text));
  } catch (const json::exception&) {  // the library's way to say that something is missing or of another kind
    return std::unexpected("the answer is no live document of weir");
  }
}

}  // namespace weir::admin
