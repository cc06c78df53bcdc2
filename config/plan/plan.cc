#include "config/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/keys/tables.h"
#include "config/plan/key_changes.h"
#include "config/plan/parts.h"
#include "config/plan/restart.h"

namespace weir::config {

using model::Snapshot;

namespace {

// A section that is no list of named things.
void compare_section(const Field<Snapshot>& section, const Snapshot& before, const Snapshot& after,
                     Plan& plan) {
  Changes changes(plan, section.key);
  compare_values("", section.write(before), section.write(after), [&](const KeyChange& key) {
    const std::string top = key.path.substr(0, key.path.find_first_of(".["));
    changes.add(Change::Kind::changed, key.text(), needs_restart(section.key, top));
  });
}

void compare_tests(const Snapshot& before, const Snapshot& after, Plan& plan) {
  if (before.tests == after.tests) return;
  Changes(plan, "tests")
      .changed(fmt::format("other routing tests for `weir check`: {} -> {}", before.tests.size(),
                           after.tests.size()));
}

void forget_file_body(model::Action& action) {
  auto* const respond = std::get_if<model::RespondAction>(&action);
  if (respond != nullptr && !respond->body_file.empty()) respond->body.clear();
}

}  // namespace

bool Plan::needs_restart() const { return std::ranges::any_of(changes, &Change::needs_restart); }

Plan plan(const Snapshot& before, const Snapshot& after) {
  Plan plan;
  if (before == after) return plan;
  for (const Field<Snapshot>& section : file_table().fields) {
    if (section.key == "listeners") {
      compare_listeners(before, after, plan);
    } else if (section.key == "target_groups") {
      compare_groups(before, after, plan);
    } else if (section.key == "tests") {
      compare_tests(before, after, plan);
    } else {
      compare_section(section, before, after, plan);
    }
  }
  if (plan.empty()) Changes(plan, "configuration").settle();
  return plan;
}

Snapshot without_file_bodies(Snapshot snapshot) {
  for (model::Listener& listener : snapshot.listeners) {
    forget_file_body(listener.default_action);
    for (model::Rule& rule : listener.rules) forget_file_body(rule.action);
  }
  return snapshot;
}

}  // namespace weir::config
