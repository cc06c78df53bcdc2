#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/server/group_control.h"

// A target group on the control thread, for tests that let its time pass.
namespace weir::server {

inline model::Target target(int number, std::string zone = "", std::uint32_t weight = 1) {
  model::Target target;
  target.address = *base::SocketAddress::parse("10.0.0." + std::to_string(number) + ":80");
  target.id = "t" + std::to_string(number);
  target.zone = std::move(zone);
  target.weight = weight;
  return target;
}

inline model::TargetGroup group_of(int targets) {
  model::TargetGroup group;
  group.name = "app";
  group.drain = std::chrono::seconds(60);
  for (int i = 1; i <= targets; ++i) group.targets.push_back(target(i));
  return group;
}

// A group with the time that a test lets pass.
class Control {
 public:
  explicit Control(const model::TargetGroup& group, const GroupContext& context = {})
      : control(std::make_shared<const proxy::GroupSettings>(group), group.targets, context, {now, wall()}) {}

  // A new configuration.
  void reload(const model::TargetGroup& group, const GroupContext& context = {}) {
    control.set_settings(std::make_shared<const proxy::GroupSettings>(group), context, at());
    control.set_file_targets(group.targets, at());
  }

  Moment at() const { return {now, wall()}; }
  void pass(base::Duration time) {
    const base::Instant until = now + time;
    while (control.next_time() <= until) {
      now = std::max(now, control.next_time());
      control.on_time(at());
    }
    now = until;
  }
  void probe(balance::Slot slot, bool passes) {
    health::ProbeResult result;
    result.at = wall();
    if (!passes) {
      result.phase = health::Phase::status;
      result.reason = health::ReasonCode::response_code_mismatch;
      result.status = 500;
      result.detail = "status 500 is not in 200-399";
    }
    control.on_probe(slot, result, at());
  }
  void probe_all(bool passes) {
    for (balance::Slot slot = 0; slot < status().targets.size(); ++slot) probe(slot, passes);
  }
  void fail(balance::Slot slot, health::PassiveKind kind = health::PassiveKind::local) {
    control.on_failing({"app", slot, control.record(slot).entry->state, kind}, at());
  }
  proxy::GroupView view() { return control.view(at()); }
  admin::GroupStatus status() { return control.status(at(), 20); }
  std::string state(balance::Slot slot) { return status().targets.at(slot).state; }
  // The slots that may be picked.
  std::vector<balance::Slot> served() {
    view();
    std::vector<balance::Slot> slots;
    const admin::GroupStatus all = status();
    for (balance::Slot slot = 0; slot < all.targets.size(); ++slot) {
      if (all.targets[slot].effective_weight > 0) slots.push_back(slot);
    }
    return slots;
  }
  bool told(std::string_view kind, std::string_view to) {
    const auto effects = control.take_effects();
    return std::ranges::any_of(
        effects.events, [&](const admin::Event& event) { return event.kind == kind && event.to == to; });
  }

  base::Instant now{std::chrono::hours(1)};
  GroupControl control;

 private:
  base::WallTime wall() const { return base::WallTime(std::chrono::hours(1000)) + now.time_since_epoch(); }
};

}  // namespace weir::server
