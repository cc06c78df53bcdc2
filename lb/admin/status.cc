#include "lb/admin/status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

#include "lb/admin/group_json.h"
#include "lb/admin/listener_json.h"
#include "lb/admin/status_counters.h"
#include "lb/observe/process_usage.h"
#include "lb/observe/totals.h"

namespace weir::admin {
namespace {

using Json = nlohmann::ordered_json;

double in_seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }

// RFC 3339, UTC.
std::string time_of_second(base::WallTime time) {
  return fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time))));
}

std::string_view word(Phase phase) {
  switch (phase) {
    case Phase::starting: return "starting";
    case Phase::running: return "running";
    case Phase::stopping: return "stopping";
  }
  return "";
}

Json process_part() {
  const observe::ProcessUsage usage = observe::ProcessUsage::now();
  Json part;
  part["cpu_seconds"] = usage.cpu_seconds;
  part["resident_bytes"] = usage.resident_bytes;
  part["open_descriptors"] = usage.open_descriptors;
  part["max_descriptors"] = usage.max_descriptors;
  part["threads"] = usage.threads;
  return part;
}

Json old_processes_part(const State& state, base::WallTime now) {
  Json part = Json::array();
  if (!state.old_processes) return part;
  for (const OldProcess& process : state.old_processes()) {
    part.push_back({{"pid", process.pid},
                    {"since", time_of_second(process.since)},
                    {"age_seconds", std::max(0.0, in_seconds(now - process.since))},
                    {"connections", process.connections}});
  }
  return part;
}

Json config_part(const State& state) {
  Json part;
  part["file"] = state.config_file;
  part["hash"] = state.config_hash;
  part["loaded_at"] = time_of_second(state.config_loaded);
  part["last_reload_succeeded"] = state.last_reload_succeeded;
  return part;
}

// The groups as the configuration has them, for when nobody runs them.
std::vector<GroupStatus> configured_groups(const model::Snapshot& snapshot) {
  std::vector<GroupStatus> groups;
  for (const model::TargetGroup& settings : snapshot.target_groups) {
    GroupStatus group;
    group.name = settings.name;
    group.algorithm = model::word(settings.algorithm);
    for (const model::Target& target : settings.targets) {
      TargetStatus status;
      status.id = target.id;
      status.address = target.address.to_string();
      status.zone = target.zone;
      status.weight = target.weight;
      group.targets.push_back(std::move(status));
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

// Null: it counts together with others.
void add_counters(Json& part, const TargetStatus& target, const observe::TargetTotal* total) {
  if (total == nullptr) {
    part["requests"] = nullptr;
    part["responses_5xx"] = nullptr;
    part["outstanding"] = target.outstanding;
    part["connections"] = {{"active", nullptr}, {"idle", nullptr}};
    part["connection_errors"] = nullptr;
    return;
  }
  part["requests"] = total->request_count();
  part["responses_5xx"] = total->requests[4];
  part["outstanding"] = total->outstanding;
  part["connections"] = {{"active", total->active_connections}, {"idle", total->idle_connections}};
  part["connection_errors"] = total->connection_error_count();
}

Json target_part(const TargetStatus& target, const observe::TargetTotal* total) {
  Json part;
  part["id"] = target.id;
  part["address"] = target.address;
  part["zone"] = target.zone;
  part["state"] = target.state;
  part["reason"] = target.reason;
  part["weight"] = target.weight;
  add_counters(part, target, total);
  return part;
}

Json others_part(const std::optional<OtherCounts>& others) {
  if (!others) return nullptr;
  return {{"requests", others->requests},
          {"responses_5xx", others->responses_5xx},
          {"connection_errors", others->connection_errors}};
}

Json group_part(const GroupStatus& group, const observe::Totals& totals) {
  Json part;
  part["name"] = group.name;
  part["algorithm"] = group.algorithm;
  part["ready"] = group.ready;
  part["healthy"] = group.healthy;
  part["counted"] = group.counted;
  part["can_serve"] = group.can_serve;
  part["fail_open"] = group.fail_open;
  part["targets"] = Json::array();
  const StatusCounters counters(totals, group.name);
  for (const TargetStatus& target : group.targets)
    part["targets"].push_back(target_part(target, counters.find(target)));
  part["other"] = others_part(counters.others());
  return part;
}

}  // namespace

std::uint64_t access_log_dropped(const State& state) {
  const std::uint64_t before = state.access_log_dropped_before ? state.access_log_dropped_before() : 0;
  return before + (state.access_log == nullptr ? 0 : state.access_log->dropped());
}

std::string status_json(const State& state, base::WallTime now) {
  const observe::Totals totals = state.registry->totals();
  Json status;
  status["version"] = state.build.version;
  status["commit"] = state.build.commit;
  status["pid"] = state.pid;
  status["state"] = word(state.phase);
  status["started_at"] = time_of_second(state.started);
  status["uptime_seconds"] = std::max(0.0, in_seconds(now - state.started));
  status["workers"] = state.workers;
  status["config"] = config_part(state);
  status["process"] = process_part();
  status["access_log_dropped"] = access_log_dropped(state);
  status["old_processes"] = old_processes_part(state, now);
  status["listeners"] = Json::array();
  for (const BoundListener& bound : state.listeners) {
    const observe::ListenerTotal* total = totals.find_listener(bound.name);
    status["listeners"].push_back(json_of(
        bound, state.phase, total == nullptr ? observe::ListenerTotal{} : *total, state.certificates, now));
  }
  status["target_groups"] = Json::array();
  const bool run = state.operations != nullptr;
  for (const GroupStatus& group : run ? state.operations->groups(0) : configured_groups(*state.snapshot)) {
    status["target_groups"].push_back(group_part(group, totals));
  }
  status["zone_shifts"] = Json::array();
  for (const ZoneShift& shift : run ? state.operations->shifts() : std::vector<ZoneShift>()) {
    status["zone_shifts"].push_back(json_of(shift));
  }
  return status.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::admin
