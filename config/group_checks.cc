#include "config/group_checks.h"

#include <algorithm>
#include <map>

#include "config/keys/units.h"
#include "lb/base/text.h"

namespace weir::config {

using model::DnsTarget;
using model::Place;
using model::Target;

namespace {

bool has_weight(const auto& target) { return target.weight != 0; }

}  // namespace

GroupChecks::GroupChecks(const model::TargetGroup& group, const model::Process& process, const Files& files,
                         Report& report)
    : group_(group), process_(process), files_(files), report_(report) {}

void GroupChecks::find_errors() const {
  check_addresses();
  check_names();
  check_durations();
  check_tls();
}

void GroupChecks::find_warnings() const {
  warn_of_targets();
  if (group_.hash_place.line != 0 && group_.algorithm != model::Algorithm::consistent_hash)
    report_.add<Message::hash_unused>(at(group_.hash_place, "hash"));
  warn_of_zones();
  warn_of_bounds();
  warn_of_check();
  warn_of_server_name();
}

void GroupChecks::warn_of_check() const {
  if (!group_.health_check || !group_.health_check->expect.body) return;
  const model::HealthCheck& check = *group_.health_check;
  const auto bodiless = [](const model::StatusRange& range) {
    return range.from == range.to && (range.from == 204 || range.from == 304);
  };
  const bool head = check.method == "HEAD";
  if (!head && !std::ranges::all_of(check.expect.status, bodiless)) return;
  report_.add<Message::check_never_passes>(at(check.place, "health_check.expect.body"),
                                           head ? "HEAD" : "such a status");
}

Where GroupChecks::at(const Place& place, std::string_view key) const {
  const char* const dot = key.empty() ? "" : ".";
  return files_.where(place, fmt::format("target_groups.{}{}{}", group_.name, dot, key));
}

void GroupChecks::check_addresses() const {
  std::map<base::SocketAddress, const Target*> addresses;
  std::map<std::string, const Target*> ids;
  for (std::size_t i = 0; i < group_.targets.size(); ++i) {
    const Target& target = group_.targets[i];
    const std::string key = fmt::format("targets[{}]", i);
    if (const auto other = base::SocketAddress::parse(target.id); other && *other != target.address) {
      report_.add<Message::target_id_address>(at(target.place, key), target.id);
    }
    if (const auto [first, fresh] = addresses.emplace(target.address, &target); !fresh) {
      report_.add<Message::target_twice>(at(target.address_place, key), target.address.to_string(),
                                         first->second->address_place.to_string());
    } else if (const auto [same, new_id] = ids.emplace(target.id, &target); !new_id) {
      report_.add<Message::target_id_twice>(at(target.place, key), target.id,
                                            same->second->place.to_string());
    }
  }
}

void GroupChecks::check_names() const {
  std::map<std::pair<std::string, std::uint16_t>, const DnsTarget*> names;
  for (const DnsTarget& target : group_.dns_targets) {
    std::string name = base::to_lower(target.name);
    if (name.ends_with('.')) name.pop_back();
    const auto [first, fresh] = names.emplace(std::pair(std::move(name), target.port), &target);
    if (fresh) continue;
    const std::string shown_name = target.srv ? target.name : fmt::format("{}:{}", target.name, target.port);
    report_.add<Message::target_twice>(at(target.name_place, "targets"), shown_name,
                                       first->second->name_place.to_string());
  }
}

void GroupChecks::check_durations() const {
  if (const auto& check = group_.health_check) {
    const std::string interval = format_duration(check->interval);
    if (check->timeout > check->interval) {
      report_.add<Message::check_timeout>(at(check->timeout_place, "health_check.timeout"),
                                          format_duration(check->timeout), interval);
    }
    if (check->fast_interval > check->interval) {
      report_.add<Message::check_fast_interval>(at(check->fast_interval_place, "health_check.fast_interval"),
                                                format_duration(check->fast_interval), interval);
    }
  }
  if (const auto& detection = group_.outlier_detection;
      detection && detection->max_ejection < detection->base_ejection) {
    report_.add<Message::ejection_range>(at(detection->max_ejection_place, "outlier_detection.max_ejection"),
                                         format_duration(detection->max_ejection),
                                         format_duration(detection->base_ejection));
  }
}

// The keys are read in an order of their own, and what `tls` is for may stand behind it.
void GroupChecks::check_tls() const {
  if (!group_.tls) return;
  const model::TargetTls& tls = *group_.tls;
  if (tls.place.line != 0 && group_.protocol != model::Protocol::https && !checks_by_tls())
    report_.add<Message::tls_unused>(at(tls.place, "tls"));
  if (tls.ca && !tls.verify) report_.add<Message::ca_unused>(at(tls.ca->place, "tls.ca"));
}

bool GroupChecks::checks_by_tls() const {
  using enum model::HealthCheck::Protocol;
  const auto& check = group_.health_check;
  const bool by_group = group_.protocol == model::Protocol::https;
  return check && (check->protocol == https || (check->protocol == grpc && by_group));
}

// A client's Host names what requests ask for; checks have none.
void GroupChecks::warn_of_server_name() const {
  if (!checks_by_tls() || !group_.tls->verify || group_.tls->server_name || !group_.preserve_host) return;
  const model::HealthCheck& check = *group_.health_check;
  if (check.host) return;
  const bool given = check.protocol_place.line != 0;
  report_.add<Message::check_server_name>(given ? at(check.protocol_place, "health_check.protocol")
                                                : at(group_.place, "health_check"));
}

void GroupChecks::warn_of_targets() const {
  if (group_.targets.empty() && group_.dns_targets.empty()) {
    report_.add<Message::group_empty>(at(group_.place, ""));
  } else if (std::ranges::none_of(group_.targets, has_weight<Target>) &&
             std::ranges::none_of(group_.dns_targets, has_weight<DnsTarget>)) {
    report_.add<Message::group_without_weight>(at(group_.place, ""));
  }
}

void GroupChecks::warn_of_zones() const {
  if (group_.cross_zone == model::CrossZone::on) return;
  const Where where = at(group_.cross_zone_place, "cross_zone");
  const bool off = group_.cross_zone == model::CrossZone::off;
  const auto is_near = [&](const auto& target) { return target.zone == process_.zone; };
  if (process_.zone.empty()) {
    report_.add<Message::cross_zone_without_zone>(where, off ? "off" : "prefer");
  } else if (group_.targets.size() + group_.dns_targets.size() != 0 &&
             std::ranges::none_of(group_.targets, is_near) &&
             std::ranges::none_of(group_.dns_targets, is_near)) {
    report_.add<Message::zone_without_targets>(where, process_.zone);
  }
}

// How many targets a DNS name stands for is not known here.
void GroupChecks::warn_of_bounds() const {
  if (!group_.dns_targets.empty() || group_.targets.empty()) return;
  const auto weighty = std::ranges::count_if(group_.targets, has_weight<Target>);
  const model::FailOpen& fail_open = group_.fail_open;
  if (fail_open.min_healthy_place.line != 0 && std::cmp_greater(fail_open.min_healthy, weighty)) {
    report_.add<Message::min_healthy_unreachable>(at(fail_open.min_healthy_place, "fail_open.min_healthy"),
                                                  fail_open.min_healthy, weighty);
  }
  const auto& detection = group_.outlier_detection;
  if (!detection || detection->max_ejected_percent_place.line == 0) return;
  const std::uint32_t percent = detection->max_ejected_percent;  // 0 says it on purpose
  if (percent != 0 && group_.targets.size() * percent < 100) {
    report_.add<Message::ejection_never>(
        at(detection->max_ejected_percent_place, "outlier_detection.max_ejected_percent"), percent,
        group_.targets.size());
  }
}

}  // namespace weir::config
