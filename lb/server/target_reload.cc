// What a new configuration means for the target directory.

#include <algorithm>
#include <set>
#include <utility>

#include "lb/base/log.h"
#include "lb/server/target_directory.h"

namespace weir::server {
namespace {

// Beside the time that a request may wait in a queue: for the workers to go over to the new configuration.
constexpr base::Duration kHandOver = std::chrono::seconds(1);
// A configuration waits no longer for the answers about its names.
constexpr base::Duration kReplyPatience = std::chrono::seconds(5);

std::shared_ptr<const model::HealthCheck> check_of(const model::TargetGroup& group) {
  return group.health_check ? std::make_shared<const model::HealthCheck>(*group.health_check) : nullptr;
}

}  // namespace

GroupContext TargetDirectory::context_of(const Configuration& configuration, const std::string& group) const {
  return {configuration.snapshot->process.zone, workers_count_, configuration.used_groups.contains(group),
          latency_};
}

void TargetDirectory::add_group(const Configuration& configuration, const model::TargetGroup& group) {
  const Number number = ++last_number_;
  Entry& entry = entries_
                     .try_emplace(number, configuration.groups.at(group.name), group.targets,
                                  context_of(configuration, group.name), moment())
                     .first->second;
  entry.check = check_of(group);
  entry.late = prober_ != nullptr;
  entry.control.set_shifted(shifted_zones(), moment());
  by_name_.emplace(group.name, number);
  order_.push_back(number);
  if (!group.dns_targets.empty()) names_[number] = group.dns_targets;
  recall(number);
}

void TargetDirectory::look_up(const Configuration& next, std::function<void()> done) {
  std::vector<model::DnsTarget> names;
  for (const model::TargetGroup& group : next.snapshot->target_groups) {
    const auto known = by_name_.find(group.name);
    for (const model::DnsTarget& name : group.dns_targets) {
      if (known == by_name_.end() || !dns_ || !dns_->has(known->second, name)) names.push_back(name);
    }
  }
  if (names.empty()) return done();
  looked_up_ = std::make_unique<NameLookups>(loop_, net::ResolverOptions{.servers = resolvers_}, names,
                                             kReplyPatience, std::move(done));
}

void TargetDirectory::apply_names() {
  for (const Number group : order_) {
    const auto names = names_.find(group);
    if (names != names_.end()) {
      dns().set_names(group, names->second, looked_up_.get());
      release_file_targets(group);
      tell_kept_file_targets(group);
      restore_drains(group);
    } else if (dns_) {
      dns_->set_names(group, {}, nullptr);
    }
  }
  if (looked_up_) loop_.reap(std::move(looked_up_));
}

// Once a name has taken their place. False: they stay, or there are none.
bool TargetDirectory::release_file_targets(Number group) {
  Entry& entry = entries_.at(group);
  if (!entry.keeps_file_targets || !dns_->has_targets(group)) return false;
  entry.keeps_file_targets = false;
  dns_->take_from_file(group);
  entry.control.set_file_targets({}, moment());
  return true;
}

void TargetDirectory::tell_kept_file_targets(Number group) const {
  const Entry& entry = entries_.at(group);
  const bool stays = entry.keeps_file_targets && entry.leaves_at == base::kNever;
  const std::size_t kept = stays ? entry.control.file_targets().size() : 0;
  if (kept == 0) return;
  base::log::warn(
      "target group {}: its names have no address yet; the targets that the file named before stay until one "
      "has: {}",
      entry.control.settings().name, kept);
}

std::vector<proxy::GroupSetup> TargetDirectory::apply(const Configuration& next) {
  const std::vector<Number> before = std::exchange(order_, {});
  std::set<Number> changed;
  for (const model::TargetGroup& group : next.snapshot->target_groups) {
    const auto known = by_name_.find(group.name);
    if (known == by_name_.end()) {
      add_group(next, group);
      changed.insert(order_.back());
    } else {
      order_.push_back(known->second);
      if (change_group(next, group, entries_.at(known->second))) changed.insert(known->second);
    }
  }
  for (const Number group : before) {
    if (std::ranges::find(order_, group) == order_.end()) leave_out(group);
  }
  apply_names();
  forget_missing_drains();
  std::vector<proxy::GroupSetup> setups;
  for (const Number group : order_) {
    Entry& entry = entries_.at(group);
    GroupControl& control = entry.control;
    if (!changed.contains(group) && !control.changed()) continue;
    entry.published = loop_.now();
    setups.push_back({control.shared_settings(), control.shared(), control.view(moment())});
  }
  return setups;
}

// True: the workers have to know other settings.
bool TargetDirectory::change_group(const Configuration& next, const model::TargetGroup& group, Entry& entry) {
  const Number number = by_name_.at(group.name);
  const auto& settings = next.groups.at(group.name);
  const bool others = entry.control.shared_settings() != settings;
  if (others && entry.control.settings().health_check != group.health_check) entry.check = check_of(group);
  entry.leaves_at = base::kNever;
  const bool left = std::exchange(entry.leaves, false);
  const GroupContext context = context_of(next, group.name);
  if (others || context != entry.control.context()) entry.control.set_settings(settings, context, moment());
  entry.keeps_file_targets = group.targets.empty() && !group.dns_targets.empty();
  if (!entry.keeps_file_targets) entry.control.set_file_targets(group.targets, moment());
  if (left) recall(number);
  if (group.dns_targets.empty() && !names_.contains(number)) return others;
  names_[number] = group.dns_targets;
  if (group.dns_targets.empty()) names_.erase(number);
  return others;
}

// Requests that began before may wait in its queue, or try it again: its targets serve on for as long.
void TargetDirectory::leave_out(Number group) {
  order_.push_back(group);
  Entry& entry = entries_.at(group);
  if (entry.leaves || entry.leaves_at != base::kNever) return;
  entry.leaves_at = moment().now + entry.control.settings().queue.timeout + kHandOver;
}

// False: the group has gone.
bool TargetDirectory::advance_leaving(Number group) {
  Entry& entry = entries_.at(group);
  if (moment().now >= entry.leaves_at) {
    entry.leaves_at = base::kNever;
    entry.leaves = true;
    remember(group);
    names_.erase(group);
    if (dns_) dns_->set_names(group, {}, nullptr);
    GroupContext context = entry.control.context();
    context.in_use = false;
    entry.control.set_settings(entry.control.shared_settings(), context, moment());
    entry.control.remove_all(moment());
    keep();
  }
  if (!entry.leaves || entry.control.size() != 0) return true;
  remove_group(group);
  return false;
}

void TargetDirectory::remove_group(Number group) {
  take_effect(group, entries_.at(group).control.take_effects());
  const std::string name = entries_.at(group).control.settings().name;
  by_name_.erase(name);
  std::erase(order_, group);
  entries_.erase(group);
  workers_.remove(name);
}

void TargetDirectory::settle() {
  for (const Number group : std::vector<Number>(order_)) advance_at_once(group);
  keep();
  arm();
}

}  // namespace weir::server
