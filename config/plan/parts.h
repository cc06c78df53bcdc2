#pragma once

#include <string>
#include <utility>

#include "config/plan.h"

// The parts that a plan is made of.
namespace weir::config {

// Adds the changes of one subject to a plan.
class Changes {
 public:
  Changes(Plan& plan, std::string subject) : plan_(plan), subject_(std::move(subject)) {}

  void add(Change::Kind kind, std::string text, bool needs_restart = false) {
    plan_.changes.push_back({subject_, kind, std::move(text), needs_restart});
    any_ = true;
  }
  void added(std::string text) { add(Change::Kind::added, std::move(text)); }
  void removed(std::string text) { add(Change::Kind::removed, std::move(text)); }
  void changed(std::string text) { add(Change::Kind::changed, std::move(text)); }

  // Last, about two that differ: so that no change is passed over in silence.
  void settle() {
    if (!any_) changed("differs in what the file cannot say");
  }

 private:
  Plan& plan_;
  const std::string subject_;
  bool any_ = false;
};

// listener_changes.cc, group_changes.cc
void compare_listeners(const model::Snapshot& before, const model::Snapshot& after, Plan& plan);
void compare_groups(const model::Snapshot& before, const model::Snapshot& after, Plan& plan);

// rule_changes.cc
void compare_rules(const model::Listener& before, const model::Listener& after, Changes& changes);

// target_changes.cc
void compare_targets(const model::TargetGroup& before, const model::TargetGroup& after, Changes& changes);
// Of a group that comes or goes as a whole.
void add_targets(const model::TargetGroup& group, Changes& changes);
void remove_targets(const model::TargetGroup& group, Changes& changes);

}  // namespace weir::config
