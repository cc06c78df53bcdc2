// What the admin API asks of the target directory, and what of it outlives the process.

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/server/target_directory.h"

namespace weir::server {

using admin::Refusal;
using balance::Slot;

namespace {

// Of a group to which the API may still add.
constexpr std::size_t kMostTargets = 100'000;

std::unexpected<Refusal> refuse(unsigned status, std::string detail) {
  return std::unexpected(Refusal{status, std::move(detail)});
}

// `target`: as it is, or a new one.
model::Target changed_by(const admin::Registration& registration, model::Target target) {
  target.address = registration.address;
  target.id = registration.id.value_or(target.id);
  if (target.id.empty()) target.id = target.address.to_string();
  target.zone = registration.zone.value_or(target.zone);
  target.weight = registration.weight.value_or(target.weight);
  if (registration.max_requests) target.max_requests = registration.max_requests;
  return target;
}

}  // namespace

std::vector<admin::GroupStatus> TargetDirectory::groups(std::size_t probes) const {
  std::vector<admin::GroupStatus> groups;
  for (const Number number : order_) {
    groups.push_back(entries_.at(number).control.status(moment(), probes));
    if (dns_) groups.back().names = dns_->status_of(number);
  }
  return groups;
}

std::vector<admin::GroupStatus> TargetDirectory::summaries() const {
  std::vector<admin::GroupStatus> groups;
  for (const Number number : order_) {
    const Entry& entry = entries_.at(number);
    groups.push_back(entry.control.summary());
    groups.back().ready = groups.back().ready || entry.late;
  }
  return groups;
}

std::optional<admin::TargetStatus> TargetDirectory::target(const std::string& group,
                                                           const std::string& target) const {
  const auto found = find_target(group, target);
  if (!found) return std::nullopt;
  return entries_.at(found->group).control.target_status(found->slot, moment(), health::ProbeHistory::kMost);
}

std::vector<admin::ZoneShift> TargetDirectory::shifts() const {
  std::vector<admin::ZoneShift> shifts;
  for (const auto& [zone, shift] : shifts_) shifts.push_back(shift);
  return shifts;
}

observe::GroupFacts TargetDirectory::facts() const {
  observe::GroupFacts facts;
  for (const Number number : order_) {
    facts.groups.push_back(entries_.at(number).control.fact(moment()));
    facts.groups.back().dns = names_of(number);
  }
  for (const auto& [number, entry] : entries_) {
    for (const std::string& zone : entry.control.zones()) facts.zone_shifted.emplace(zone, false);
  }
  for (const auto& [zone, shift] : shifts_) facts.zone_shifted[zone] = true;
  facts.events = event_counts_;
  return facts;
}

std::vector<admin::Event> TargetDirectory::events(std::uint64_t after) const {
  std::vector<admin::Event> events;
  for (const admin::Event& event : events_) {
    if (event.number > after) events.push_back(event);
  }
  return events;
}

std::expected<TargetDirectory::Number, Refusal> TargetDirectory::find_group(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end())
    return refuse(404, fmt::format("there is no target group '{}'", base::escape(name)));
  return found->second;
}

std::expected<TargetDirectory::Found, Refusal> TargetDirectory::find_target(const std::string& group,
                                                                            const std::string& target) const {
  const auto place = find_group(group);
  if (!place) return std::unexpected(place.error());
  const auto slot = entries_.at(*place).control.find(target);
  if (!slot) {
    return refuse(404, fmt::format("target group '{}' has no target '{}'", group, base::escape(target)));
  }
  return Found{*place, *slot};
}

// --- targets

std::expected<bool, Refusal> TargetDirectory::register_target(const std::string& group,
                                                              const admin::Registration& registration) {
  const auto place = find_group(group);
  if (!place) return std::unexpected(place.error());
  if (registration.address.is_unix()) return refuse(400, "a target is an IP address and a port");
  GroupControl& control = entries_.at(*place).control;
  const auto present = control.find(registration.address);
  const model::Target target =
      changed_by(registration, present ? control.record(*present).settings() : model::Target{});
  if (const auto other = base::SocketAddress::parse(target.id); other && *other != target.address) {
    return refuse(400, fmt::format("the id '{}' is the address of another target", base::escape(target.id)));
  }
  if (const auto namesake = control.find(target.id); namesake && namesake != present) {
    return refuse(409, fmt::format("another target of '{}' has the id '{}'", group, base::escape(target.id)));
  }
  if (!present) {
    if (control.size() >= kMostTargets) {
      return refuse(409, fmt::format("'{}' has {} targets: there is no room for more", group, kMostTargets));
    }
    control.add(target, Owner::api, moment());
  } else {
    const TargetRecord& record = control.record(*present);
    if (record.owner != Owner::api) {
      return refuse(409, fmt::format("'{}' belongs to {}: change it there", target.address.to_string(),
                                     record.owner == Owner::file ? "the configuration file" : "a DNS name"));
    }
    const std::string& zone = record.settings().zone;
    if (zone != target.zone || record.settings().id != target.id) {
      return refuse(409, fmt::format("it is registered as '{}' in {}: to change that, deregister it{}",
                                     record.settings().id, zone.empty() ? "no zone" : "zone '" + zone + "'",
                                     record.drain ? ", and wait until it has drained" : " first"));
    }
    if (record.drain && record.drain->leaves) control.undrain(*present, moment());
    control.change(*present, target, Owner::api, moment());
  }
  keep();
  advance_at_once(*place);
  return !present;
}

TargetDirectory::Done TargetDirectory::deregister_target(const std::string& group,
                                                         const std::string& target) {
  const auto found = find_target(group, target);
  if (!found) return std::unexpected(found.error());
  GroupControl& control = entries_.at(found->group).control;
  if (control.record(found->slot).owner != Owner::api) {
    return refuse(409,
                  fmt::format("'{}' belongs to {}: drain it, or edit the file", base::escape(target),
                              control.record(found->slot).owner == Owner::file ? "the configuration file"
                                                                               : "a DNS name of the file"));
  }
  control.remove(found->slot, moment());
  keep();
  advance_at_once(found->group);
  return {};
}

TargetDirectory::Done TargetDirectory::drain(const std::string& group, const std::string& target) {
  const auto found = find_target(group, target);
  if (!found) return std::unexpected(found.error());
  entries_.at(found->group).control.drain(found->slot, moment());
  keep();
  advance_at_once(found->group);
  return {};
}

TargetDirectory::Done TargetDirectory::undrain(const std::string& group, const std::string& target) {
  const auto found = find_target(group, target);
  if (!found) return std::unexpected(found.error());
  GroupControl& control = entries_.at(found->group).control;
  const auto& drain = control.record(found->slot).drain;
  if (!drain) return refuse(409, fmt::format("'{}' does not drain", base::escape(target)));
  if (drain->leaves) return refuse(409, "it was deregistered: register it again");
  control.undrain(found->slot, moment());
  keep();
  advance_at_once(found->group);
  return {};
}

// --- zones

std::set<std::string> TargetDirectory::shifted_zones() const {
  std::set<std::string> zones;
  for (const auto& [zone, shift] : shifts_) zones.insert(zone);
  return zones;
}

TargetDirectory::Done TargetDirectory::shift(const std::string& zone, base::Duration time,
                                             const std::string& reason, bool force) {
  std::set<std::string> zones = shifted_zones();
  zones.insert(zone);
  bool known = false;
  for (const auto& [number, entry] : entries_) {
    if (!entry.control.has_zone(zone)) continue;
    known = true;
    if (force || !entry.control.in_use() || entry.control.usable_without(zones)) continue;
    return refuse(409,
                  fmt::format("target group '{}' would be left without a healthy target in another zone; "
                              "--force shifts it all the same",
                              entry.control.settings().name));
  }
  if (!known) return refuse(404, fmt::format("no target stands in a zone '{}'", base::escape(zone)));
  const base::WallTime now = moment().wall;
  shifts_[zone] = {.zone = zone, .reason = reason, .since = now, .until = now + time};
  tell({.at = now,
        .kind = "shift",
        .zone = zone,
        .to = "shifted",
        .reason = reason,
        .detail = fmt::format("for {} s", std::chrono::duration<double>(time).count())});
  apply_shifts();
  return {};
}

TargetDirectory::Done TargetDirectory::unshift(const std::string& zone) {
  if (shifts_.erase(zone) == 0)
    return refuse(409, fmt::format("zone '{}' is not shifted", base::escape(zone)));
  tell({.at = moment().wall, .kind = "shift", .zone = zone, .from = "shifted", .to = "in rotation"});
  apply_shifts();
  return {};
}

void TargetDirectory::expire_shifts() {
  const base::WallTime now = moment().wall;
  const std::size_t before = shifts_.size();
  for (auto at = shifts_.begin(); at != shifts_.end();) {
    if (at->second.until > now) {
      ++at;
      continue;
    }
    tell({.at = now,
          .kind = "shift",
          .zone = at->first,
          .from = "shifted",
          .to = "in rotation",
          .detail = "its time is over"});
    at = shifts_.erase(at);
  }
  if (shifts_.size() != before) apply_shifts();
}

void TargetDirectory::apply_shifts() {
  const std::set<std::string> zones = shifted_zones();
  for (const Number group : order_) {
    entries_.at(group).control.set_shifted(zones, moment());
    advance_at_once(group);
  }
  keep();
  arm();
}

// --- what is kept

State TargetDirectory::state() const {
  State state;
  for (const auto& [number, entry] : entries_) {
    entry.control.for_each_record([&](const TargetRecord& record) {
      const model::Target& target = record.settings();
      const bool leaves = record.drain && record.drain->leaves;
      if (record.owner == Owner::api && !leaves) {
        state.registrations.push_back({entry.control.settings().name, target});
      }
      if (record.drain && !leaves) state.drains.push_back({entry.control.settings().name, target.address});
    });
  }
  for (const auto& [group, address] : missing_drains_) {
    state.drains.push_back({entries_.at(group).control.settings().name, address});
  }
  add_absent(state);
  for (const auto& [zone, shift] : shifts_) state.shifts.push_back(shift);
  return state;
}

void TargetDirectory::keep() {
  if (held_ || retired_ || !keeping_) return;
  State now = state();
  if (now == kept_) return;
  kept_ = now;
  state_file_.save(std::move(now));
}

void TargetDirectory::keep_again() {
  kept_ = state();
  state_file_.save(kept_);
}

// What no longer fits the configuration is left out: a target that the file has now.
void TargetDirectory::restore(const State& state) {
  restore_asked(state);
  for (const Number group : order_) restore_drains(group);
  forget_missing_drains();
  const base::WallTime now = moment().wall;
  for (const admin::ZoneShift& shift : state.shifts) {
    if (shift.until <= now) continue;
    shifts_.emplace(shift.zone, shift);
    base::log::warn("zone {}: still shifted, for {} s more", shift.zone,
                    std::chrono::duration_cast<std::chrono::seconds>(shift.until - now).count());
  }
  for (auto& [number, entry] : entries_) entry.control.set_shifted(shifted_zones(), moment());
  kept_ = state;
}

// Registrations and drains.
void TargetDirectory::restore_asked(const State& state) {
  std::map<std::string, Absent> absent;
  for (const State::Registered& registered : state.registrations) {
    if (by_name_.contains(registered.group)) {
      restore_registered(registered);
    } else {
      absent[registered.group].registered.push_back(registered.target);
    }
  }
  for (const auto& [group, address] : state.drains) {
    if (const auto place = by_name_.find(group); place != by_name_.end()) {
      missing_drains_.emplace(place->second, address);
    } else {
      absent[group].drained.push_back(address);
    }
  }
  for (auto& [group, what] : absent) {
    base::log::warn(
        "state: there is no target group '{}': {} targets that were registered with it wait for an hour, "
        "should it come back",
        base::escape(group), what.registered.size());
    put_away(group, std::move(what));
  }
}

void TargetDirectory::restore_registered(const State::Registered& registered) {
  model::Target target = registered.target;
  const std::string address = target.address.to_string();
  GroupControl& control = entries_.at(by_name_.at(registered.group)).control;
  if (const auto present = control.find(target.address)) {
    const TargetRecord& record = control.record(*present);
    if (record.owner == Owner::api) {
      if (record.drain && record.drain->leaves) control.undrain(*present, moment());
      return;
    }
    return base::log::info(
        "state: the registered target {} of group {} belongs to the configuration file now", address,
        registered.group);
  }
  if (control.find(target.id)) {
    base::log::warn(
        "state: the id {} of the registered target {} of group {} is another target's now: its "
        "address becomes its id",
        target.id, address, registered.group);
    target.id = address;
  }
  if (control.find(target.id)) {
    return base::log::warn("state: the registered target {} of group {} is dropped: another one has that id",
                           address, registered.group);
  }
  control.add(target, Owner::api, moment());
}

// Of groups without names: nothing will bring those targets back.
void TargetDirectory::forget_missing_drains() {
  std::erase_if(missing_drains_, [&](const auto& missing) { return !names_.contains(missing.first); });
}

void TargetDirectory::restore_drains(Number group) {
  GroupControl& control = entries_.at(group).control;
  std::erase_if(missing_drains_, [&](const auto& missing) {
    if (missing.first != group) return false;
    const auto slot = control.find(missing.second);
    if (slot) control.drain(*slot, moment());
    return slot.has_value();
  });
}

}  // namespace weir::server
