#include "lb/admin/group_json.h"

#include <algorithm>

#include "lb/admin/timestamp.h"

namespace weir::admin {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ProbeStatus& probe) {
  return {{"at", timestamp(probe.at)}, {"passed", probe.passed},
          {"phase", probe.phase},      {"reason", probe.reason},
          {"status", probe.status},    {"took_seconds", std::chrono::duration<double>(probe.took).count()},
          {"detail", probe.detail},    {"body_start", probe.body_start}};
}

}  // namespace

Json json_of(const TargetStatus& target) {
  Json document{{"id", target.id},
                {"address", target.address},
                {"zone", target.zone},
                {"owner", target.owner},
                {"state", target.state},
                {"reason", target.reason},
                {"detail", target.detail},
                {"since", timestamp(target.since)},
                {"until", target.until ? Json(timestamp(*target.until)) : Json()},
                {"weight", target.weight},
                {"effective_weight", target.effective_weight},
                {"outstanding", target.outstanding},
                {"max_requests", target.max_requests ? Json(*target.max_requests) : Json()},
                {"sessions", target.sessions ? Json(*target.sessions) : Json()},
                {"zone_shifted", target.zone_shifted},
                {"checks_passed", target.checks_passed},
                {"checks_failed", target.checks_failed},
                {"ejections", target.ejections},
                {"probes", Json::array()}};
  for (const ProbeStatus& probe : target.probes) document["probes"].push_back(json_of(probe));
  return document;
}

Json json_of(const GroupStatus& group) {
  Json document{{"name", group.name},           {"algorithm", group.algorithm}, {"ready", group.ready},
                {"can_serve", group.can_serve}, {"fail_open", group.fail_open}, {"healthy", group.healthy},
                {"counted", group.counted},     {"targets", Json::array()},     {"names", Json::array()}};
  for (const TargetStatus& target : group.targets) document["targets"].push_back(json_of(target));
  for (const NameStatus& name : group.names) {
    document["names"].push_back(
        {{"name", name.name}, {"result", name.result}, {"reason", name.reason}, {"detail", name.detail}});
  }
  return document;
}

Json json_of(const ZoneShift& shift) {
  return {{"zone", shift.zone},
          {"reason", shift.reason},
          {"since", timestamp(shift.since)},
          {"until", timestamp(shift.until)}};
}

Json json_of(const Event& event) {
  return {{"number", event.number}, {"at", timestamp(event.at)},
          {"kind", event.kind},     {"target_group", event.target_group},
          {"target", event.target}, {"zone", event.zone},
          {"from", event.from},     {"to", event.to},
          {"reason", event.reason}, {"detail", event.detail}};
}

std::string json_text(const Json& document, int indent) {
  return document.dump(indent, ' ', true, Json::error_handler_t::replace);
}

}  // namespace weir::admin
