#include <fmt/format.h>

#include <map>
#include <tuple>

#include "config/keys/group_fields.h"
#include "config/keys/units.h"
#include "config/plan/key_changes.h"
#include "config/plan/parts.h"
#include "lb/base/text.h"

namespace weir::config {

using model::DnsTarget;
using model::Target;
using model::TargetGroup;

namespace {

// What tells targets of a group apart.
const base::SocketAddress& identity(const Target& target) { return target.address; }

auto identity(const DnsTarget& target) { return std::tuple(target.name, target.srv, target.port); }

std::string called(const Target& target) { return base::escape(target.address.to_string()); }

std::string called(const DnsTarget& target) {
  const std::string name = base::escape(target.name);
  return target.srv ? "srv " + name : fmt::format("dns {}:{}", name, target.port);
}

std::string id_of(const Target& target) {
  return target.id == target.address.to_string() ? "" : ", id " + base::escape(target.id);
}

std::string id_of(const DnsTarget&) { return ""; }

// "10.0.3.10:8080 (az-3, weight 2)"
template <class Each>
std::string described(const Each& target) {
  std::string settings;
  if (!target.zone.empty()) settings += ", " + base::escape(target.zone);
  if (target.weight != 1) settings += fmt::format(", weight {}", target.weight);
  if (target.max_requests) settings += fmt::format(", max_requests {}", *target.max_requests);
  settings += id_of(target);
  return settings.empty() ? called(target) : fmt::format("{} ({})", called(target), settings.substr(2));
}

std::string drain_words(const TargetGroup& group) {
  if (group.drain.count() == 0) return "at once";
  if (group.drain.count() % 1000 != 0) return "for " + format_duration(group.drain);
  return fmt::format("for {} s", group.drain.count() / 1000);
}

std::string leaving(const Target& target, const TargetGroup& group) {
  const char* const verb = group.drain.count() == 0 ? "leaves" : "drains";
  return fmt::format("{} {} {}", called(target), verb, drain_words(group));
}

std::string leaving(const DnsTarget& target, const TargetGroup& group) {
  const char* const verb = group.drain.count() == 0 ? "leave" : "drain";
  return fmt::format("{}: its targets {} {}", called(target), verb, drain_words(group));
}

template <class Each>
void compare_target(const Each& before, const Each& after, Changes& changes) {
  if (before == after) return;
  std::string text = called(after);
  char between = ' ';
  compare_values("", written(before), written(after), [&](const KeyChange& key) {
    if (between == ',') text += between;
    text += " " + key.text();
    between = ',';
  });
  changes.changed(std::move(text));
}

template <class Each>
void compare_list(const std::vector<Each>& before, const std::vector<Each>& after, const TargetGroup& group,
                  Changes& changes) {
  if (before == after) return;
  using Identity = std::remove_cvref_t<decltype(identity(before.front()))>;
  std::map<Identity, std::size_t> old;
  for (std::size_t i = 0; i < before.size(); ++i) old.emplace(identity(before[i]), i);
  std::vector<bool> stays(before.size());
  std::size_t last = 0;
  bool in_order = true;
  for (const Each& target : after) {
    const auto found = old.find(identity(target));
    if (found == old.end() || stays[found->second]) {
      changes.added(described(target));
      continue;
    }
    stays[found->second] = true;
    in_order = in_order && found->second >= last;
    last = found->second;
    compare_target(before[found->second], target, changes);
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!stays[i]) changes.removed(leaving(before[i], group));
  }
  if (!in_order) changes.changed("targets stand in another order");
}

std::string with_targets(const TargetGroup& group) {
  const std::size_t count = group.targets.size() + group.dns_targets.size();
  return fmt::format("with {} target{}", count, count == 1 ? "" : "s");
}

}  // namespace

void compare_targets(const TargetGroup& before, const TargetGroup& after, Changes& changes) {
  compare_list(before.targets, after.targets, after, changes);
  compare_list(before.dns_targets, after.dns_targets, after, changes);
}

void add_targets(const TargetGroup& group, Changes& changes) {
  changes.added("added " + with_targets(group));
  for (const Target& target : group.targets) changes.added(described(target));
  for (const DnsTarget& target : group.dns_targets) changes.added(described(target));
}

void remove_targets(const TargetGroup& group, Changes& changes) {
  changes.removed("removed " + with_targets(group));
  for (const Target& target : group.targets) changes.removed(leaving(target, group));
  for (const DnsTarget& target : group.dns_targets) changes.removed(leaving(target, group));
}

}  // namespace weir::config
