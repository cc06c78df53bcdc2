// How the target directory of another process goes on in this one.

#include <algorithm>
#include <set>
#include <utility>

#include "lb/server/target_directory.h"

namespace weir::server {

DirectorySnapshot TargetDirectory::snapshot() const {
  DirectorySnapshot snapshot{.event_number = event_number_,
                             .event_counts = event_counts_,
                             .latency_bounds = latency_->bounds(),
                             .shifts = shifts()};
  for (const Number number : order_) {
    snapshot.groups.push_back(entries_.at(number).control.snapshot());
    snapshot.groups.back().dns = names_of(number);
    if (dns_) snapshot.groups.back().names = dns_->snapshot(number);
  }
  for (const auto& [group, address] : missing_drains_) {
    snapshot.missing_drains.push_back({entries_.at(group).control.settings().name, address});
  }
  add_absent(snapshot.absent);
  return snapshot;
}

bool TargetDirectory::looked_at() const {
  const base::Instant now = moment().now;
  return std::ranges::all_of(order_, [&](Number group) {
    return entries_.at(group).control.looked_at(now, names_.contains(group));
  });
}

void TargetDirectory::take_over(const DirectorySnapshot& known) {
  event_number_ = known.event_number;
  event_counts_ = known.event_counts;
  missing_drains_.clear();
  for (const auto& [group, address] : known.missing_drains) {
    if (const auto place = by_name_.find(group); place != by_name_.end()) {
      missing_drains_.emplace(place->second, address);
    }
  }
  for (const GroupSnapshot& group : known.groups) {
    if (const auto place = by_name_.find(group.name); place != by_name_.end()) {
      entries_.at(place->second)
          .control.set_past_check_durations(group.check_durations, known.latency_bounds);
      restore_group(place->second, group);
    }
  }
  absent_.clear();
  restore_asked(known.absent);
  forget_missing_drains();
  shifts_.clear();
  for (const admin::ZoneShift& shift : known.shifts) shifts_.emplace(shift.zone, shift);
  for (const Number group : order_) {
    restore_drains(group);
    entries_.at(group).control.set_shifted(shifted_zones(), moment());
    advance_at_once(group);
  }
  held_ = false;
  tell_held(known);
  keep();
  arm();
}

void TargetDirectory::restore_group(Number group, const GroupSnapshot& known) {
  GroupControl& control = entries_.at(group).control;
  past_names_[group] = known.dns;
  if (dns_) dns_->restore(group, known.names);
  if (dns_) keep_file_targets(group, known);
  std::set<base::SocketAddress> members;
  for (const TargetSnapshot& target : known.targets) {
    members.insert(target.target.address);
    const bool restored = control.restore(target, moment());
    if (!restored && target.owner == Owner::dns && names_.contains(group)) {
      awaited_.emplace(std::pair(group, target.target.address), target);
    }
  }
  // Deregistered since this process has read the state file.
  std::vector<balance::Slot> gone;
  control.for_each_record([&](const TargetRecord& record) {
    if (record.owner == Owner::api && !members.contains(record.settings().address)) {
      gone.push_back(*control.find(record.settings().address));
    }
  });
  for (const balance::Slot slot : gone) control.remove(slot, moment());
}

// As with a reload: names that have no targets do not take the place of those that the file named.
void TargetDirectory::keep_file_targets(Number group, const GroupSnapshot& known) {
  Entry& entry = entries_.at(group);
  if (!names_.contains(group) || dns_->has_targets(group) || !entry.control.file_targets().empty()) return;
  std::vector<model::Target> kept;
  for (const TargetSnapshot& target : known.targets) {
    const bool leaves = target.drain && target.drain->leaves;
    if (target.owner == Owner::file && !leaves) kept.push_back(target.target);
  }
  entry.keeps_file_targets = true;
  entry.control.set_file_targets(kept, moment());
  tell_kept_file_targets(group);
}

// Of a name that has had no answer before.
void TargetDirectory::restore_awaited(Number group) {
  std::erase_if(awaited_, [&](const auto& one) {
    return one.first.first == group && entries_.at(group).control.restore(one.second, moment());
  });
}

// What happened to targets that the other process knows is told there. So it is if a group fails open.
void TargetDirectory::tell_held(const DirectorySnapshot& known) {
  std::set<std::string> groups;
  std::set<std::pair<std::string, std::string>> targets;
  for (const GroupSnapshot& group : known.groups) {
    groups.insert(group.name);
    for (const TargetSnapshot& one : group.targets) targets.emplace(group.name, one.target.id);
  }
  for (admin::Event& event : std::exchange(held_events_, {})) {
    const bool of_target = event.kind == "health" || event.kind == "ejection" || event.kind == "membership";
    const bool told = groups.contains(event.target_group) &&
                      (!of_target || targets.contains({event.target_group, event.target}));
    if (!told) tell(std::move(event));
  }
}

std::vector<observe::DnsFact> TargetDirectory::names_of(Number group) const {
  std::vector<observe::DnsFact> names = dns_ ? dns_->facts_of(group) : std::vector<observe::DnsFact>();
  const auto past = past_names_.find(group);
  if (past == past_names_.end()) return names;
  for (observe::DnsFact& name : names) {
    const auto before = std::ranges::find(past->second, name.name, &observe::DnsFact::name);
    if (before == past->second.end()) continue;
    for (std::size_t i = 0; i < name.refreshes.size(); ++i) name.refreshes[i] += before->refreshes[i];
  }
  return names;
}

void TargetDirectory::retire() {
  retired_ = true;
  stop();
}

}  // namespace weir::server
