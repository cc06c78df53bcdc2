#include "lb/explain/known_group.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/sticky/key_file.h"

namespace weir::explain {
namespace {

// The zones of a group by number, as the control thread has them.
class Zones {
 public:
  balance::Zone number(const std::string& name) {
    if (name.empty()) return balance::kNoZone;
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) names_.push_back(name);
    return static_cast<balance::Zone>(std::ranges::find(names_, name) - names_.begin());
  }

 private:
  std::vector<std::string> names_;
};

// Its address is not known before somebody asks DNS.
model::Target stand_in(const model::DnsTarget& name) {
  model::Target target;
  target.address = base::SocketAddress(base::IpAddress::parse("0.0.0.0").value(), name.port);
  target.id = name.port == 0 ? name.name : fmt::format("{}:{}", name.name, name.port);
  target.zone = name.zone;
  target.weight = name.weight;
  target.max_requests = name.max_requests;
  return target;
}

class Builder {
 public:
  explicit Builder(const model::TargetGroup& group) : group_(group) {}

  void add(const model::Target& target, std::string state) {
    const auto entry = std::make_shared<const proxy::TargetEntry>(
        target, std::make_shared<proxy::TargetState>(1),
        proxy::new_session_count(group_.stickiness.has_value()), zones_.number(target.zone));
    if (target.max_requests) entry->state->load.limit.store(*target.max_requests, std::memory_order_relaxed);
    members_.push_back(entry);
    balanced_.push_back(proxy::member_of(*entry));
    known_.push_back({.state = std::move(state), .reason = {}, .detail = {}});
  }

  KnownGroup build(const std::string& own_zone) {
    const balance::SetSettings settings{.algorithm = group_.algorithm,
                                        .cross_zone = group_.cross_zone,
                                        .own_zone = zones_.number(own_zone),
                                        .fail_open = group_.fail_open};
    KnownGroup known{.view = {.members = std::make_shared<const proxy::Members>(
                                  std::move(members_), group_.stickiness.has_value()),
                              .targets = balance::build_target_set(balanced_, settings, nullptr)},
                     .targets = std::move(known_)};
    if (group_.stickiness) {
      known.view.bindings =
          std::make_shared<const proxy::Bindings>(known.targets.size(), sticky::Fitness::usable);
    }
    return known;
  }

 private:
  const model::TargetGroup& group_;
  Zones zones_;
  proxy::Members::Entries members_;
  std::vector<balance::Member> balanced_;
  std::vector<KnownTarget> known_;
};

}  // namespace

KnownGroup group_of_file(const model::TargetGroup& group, const std::string& own_zone) {
  Builder builder(group);
  for (const model::Target& target : group.targets) builder.add(target, "not checked");
  for (const model::DnsTarget& name : group.dns_targets) builder.add(stand_in(name), "not looked up");
  return builder.build(own_zone);
}

KnownGroup empty_group(const model::TargetGroup& group) { return Builder(group).build(""); }

std::shared_ptr<const sticky::Keys> keys_or_new(const std::shared_ptr<const sticky::Keys>& keys) {
  return keys ? keys : sticky::make_keys().value_or(nullptr);
}

World world_of_file(std::shared_ptr<const model::Snapshot> snapshot, const std::string& file) {
  World world;
  world.origin = file;
  world.snapshot = std::move(snapshot);
  for (const model::Listener& listener : world.snapshot->listeners) {
    Bound& bound = world.bound.emplace_back();
    bound.listener = listener.name;
    for (const model::Bind& bind : listener.binds) bound.addresses.push_back(bind.address);
  }
  world.group = [zone = world.snapshot->process.zone](const model::TargetGroup& group) {
    return group_of_file(group, zone);
  };
  return world;
}

}  // namespace weir::explain
