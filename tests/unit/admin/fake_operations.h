#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lb/admin/operations.h"

// Target groups that only remember what was done to them.
class FakeOperations final : public weir::admin::Operations {
 public:
  using Refusal = weir::admin::Refusal;

  std::vector<weir::admin::GroupStatus> all;
  std::vector<weir::admin::ZoneShift> zone_shifts;
  std::vector<weir::admin::Event> happened;
  std::vector<std::string> done;  // "drain app 10.0.0.1:80"
  weir::admin::Registration registered;
  weir::base::Duration shift_time{};
  weir::base::WallTime now{std::chrono::seconds(1'700'000'000)};

  // A group named app with a healthy target at 10.0.0.1:80.
  FakeOperations() {
    weir::admin::GroupStatus group;
    group.name = "app";
    group.algorithm = "power_of_two";
    group.healthy = group.counted = 1;
    weir::admin::TargetStatus target;
    target.id = "app-1";
    target.address = "10.0.0.1:80";
    target.zone = "az-1";
    target.owner = "file";
    target.state = "healthy";
    target.since = now;
    group.targets.push_back(target);
    all.push_back(group);
  }

  std::vector<weir::admin::GroupStatus> groups(std::size_t probes) const override {
    std::vector<weir::admin::GroupStatus> groups = all;
    for (auto& group : groups) {
      for (auto& target : group.targets) {
        const auto surplus = target.probes.size() - std::min(probes, target.probes.size());
        target.probes.erase(target.probes.begin(),
                            target.probes.begin() + static_cast<std::ptrdiff_t>(surplus));
      }
    }
    return groups;
  }
  std::vector<weir::admin::GroupStatus> summaries() const override {
    std::vector<weir::admin::GroupStatus> groups = all;
    for (auto& group : groups) group.targets.clear();
    return groups;
  }
  std::optional<weir::admin::TargetStatus> target(const std::string& group,
                                                  const std::string& target) const override {
    if (group != "app") return std::nullopt;
    const auto* const found = find(target);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }
  std::vector<weir::admin::ZoneShift> shifts() const override { return zone_shifts; }
  weir::observe::GroupFacts facts() const override { return {}; }
  std::vector<weir::admin::Event> events(std::uint64_t after) const override {
    std::vector<weir::admin::Event> result;
    std::ranges::copy_if(happened, std::back_inserter(result),
                         [&](const weir::admin::Event& event) { return event.number > after; });
    return result;
  }

  std::expected<bool, Refusal> register_target(const std::string& group,
                                               const weir::admin::Registration& registration) override {
    done.push_back("register " + group + " " + registration.address.to_string());
    if (group != "app") return std::unexpected(Refusal{404, "there is no target group " + group});
    registered = registration;
    if (find(registration.address.to_string()) != nullptr) return false;
    weir::admin::TargetStatus target;
    target.id = registration.id.value_or(registration.address.to_string());
    target.address = registration.address.to_string();
    target.zone = registration.zone.value_or("");
    target.weight = registration.weight.value_or(1);
    target.owner = "api";
    target.state = "initial";
    all[0].targets.push_back(target);
    return true;
  }
  Done deregister_target(const std::string& group, const std::string& target) override {
    done.push_back("deregister " + group + " " + target);
    if (auto known = look_up(group, target); !known) return known;
    if (find(target)->owner == "file") {
      return std::unexpected(
          Refusal{409, target + " is in the configuration file: drain it, or edit the file"});
    }
    std::erase_if(all[0].targets, [&](const auto& one) { return one.address == target; });
    return {};
  }
  Done drain(const std::string& group, const std::string& target) override {
    done.push_back("drain " + group + " " + target);
    if (auto known = look_up(group, target); !known) return known;
    find(target)->state = "draining";
    find(target)->outstanding = 3;
    find(target)->until = now + std::chrono::seconds(300);
    return {};
  }
  Done undrain(const std::string& group, const std::string& target) override {
    done.push_back("undrain " + group + " " + target);
    if (auto known = look_up(group, target); !known) return known;
    find(target)->state = "healthy";
    find(target)->until = std::nullopt;
    return {};
  }
  Done shift(const std::string& zone, weir::base::Duration time, const std::string& reason,
             bool force) override {
    done.push_back("shift " + zone + " " + reason + (force ? " force" : ""));
    if (zone != "az-1") return std::unexpected(Refusal{404, "no target stands in zone " + zone});
    if (!force) return std::unexpected(Refusal{409, "no healthy zone would be left: force it"});
    shift_time = time;
    zone_shifts = {{zone, reason, now, now + time}};
    return {};
  }
  Done unshift(const std::string& zone) override {
    done.push_back("unshift " + zone);
    zone_shifts.clear();
    return {};
  }

  void happen(const std::string& kind, const std::string& detail = "") {
    weir::admin::Event event;
    event.number = happened.empty() ? 1 : happened.back().number + 1;
    event.at = now;
    event.kind = kind;
    event.target_group = "app";
    event.target = "10.0.0.1:80";
    event.detail = detail;
    happened.push_back(event);
  }

 private:
  const weir::admin::TargetStatus* find(const std::string& target) const {
    const auto found = std::ranges::find_if(
        all[0].targets, [&](const auto& one) { return one.address == target || one.id == target; });
    return found == all[0].targets.end() ? nullptr : &*found;
  }
  weir::admin::TargetStatus* find(const std::string& target) {
    return const_cast<weir::admin::TargetStatus*>(std::as_const(*this).find(target));
  }
  Done look_up(const std::string& group, const std::string& target) {
    if (group != "app") return std::unexpected(Refusal{404, "there is no target group " + group});
    if (find(target) == nullptr) return std::unexpected(Refusal{404, "app has no target " + target});
    return {};
  }
};
