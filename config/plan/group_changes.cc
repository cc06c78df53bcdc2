#include <fmt/format.h>

#include "config/keys/tables.h"
#include "config/keys/units.h"
#include "config/plan/key_changes.h"
#include "config/plan/named.h"
#include "config/plan/parts.h"
#include "lb/base/text.h"

namespace weir::config {

using model::Snapshot;
using model::TargetGroup;

namespace {

Changes changes_of(const TargetGroup& group, Plan& plan) {
  return Changes(plan, "target group " + base::escape(group.name));
}

std::string what_is_asked(const model::HealthCheck& check) {
  using enum model::HealthCheck::Protocol;
  if (check.protocol == tcp) return "a connection";
  if (check.protocol != grpc) return check.method + " " + base::escape(check.path);
  if (!check.path.empty()) return "a call of " + base::escape(check.path);
  return check.service.empty() ? "grpc.health.v1" : "grpc.health.v1 of " + base::escape(check.service);
}

std::string health_check_words(const TargetGroup& group) {
  if (!group.health_check) return "health checks stop: every target is trusted";
  const model::HealthCheck& check = *group.health_check;
  return fmt::format("health checks begin: {} every {}", what_is_asked(check),
                     format_duration(check.interval));
}

void compare(const TargetGroup& before, const TargetGroup& after, Plan& plan) {
  Changes changes = changes_of(after, plan);
  compare_targets(before, after, changes);
  const auto on_key = [&](const KeyChange& key) { changes.changed(key.text()); };
  if (before.health_check.has_value() == after.health_check.has_value()) {
    compare_keys(target_group_table(), before, after, {"targets"}, on_key);
  } else {
    changes.changed(health_check_words(after));
    compare_keys(target_group_table(), before, after, {"targets", "health_check"}, on_key);
  }
  changes.settle();
}

}  // namespace

void compare_groups(const Snapshot& before, const Snapshot& after, Plan& plan) {
  if (before.target_groups == after.target_groups) return;
  const Named<TargetGroup> old(before.target_groups), now(after.target_groups);
  for (const TargetGroup& group : after.target_groups) {
    const TargetGroup* const was = old.find(group.name);
    if (was == nullptr) {
      Changes changes = changes_of(group, plan);
      add_targets(group, changes);
    } else if (*was != group) {
      compare(*was, group, plan);
    }
  }
  for (const TargetGroup& group : before.target_groups) {
    if (now.find(group.name) != nullptr) continue;
    Changes changes = changes_of(group, plan);
    remove_targets(group, changes);
  }
  if (!same_order(before.target_groups, after.target_groups, old, now))
    Changes(plan, "target groups").changed("stand in another order in the file");
}

}  // namespace weir::config
