#include "lb/proxy/group.h"

#include <algorithm>

namespace weir::proxy {
namespace {

wire::ClientPolicy client_policy(const model::TargetGroup& group) {
  wire::ClientPolicy policy;
  policy.connect = group.timeouts.connect;
  policy.response = group.timeouts.response;
  policy.idle = group.timeouts.idle;
  policy.max_age = group.keepalive.max_age;
  policy.max_requests = group.keepalive.max_requests;
  return policy;
}

std::vector<std::uint32_t> weights(const model::TargetGroup& group) {
  std::vector<std::uint32_t> result;
  for (const model::Target& target : group.targets) result.push_back(target.weight);
  return result;
}

}  // namespace

Group::Group(TargetContext& context, const model::TargetGroup& settings, unsigned worker,
             observe::Registry& registry, base::Random& random)
    : settings_(settings),
      counters_(registry.group(worker, settings.name)),
      policy_(weights(settings), random) {
  const wire::ClientPolicy policy = client_policy(settings);
  for (const model::Target& target : settings_.targets) {
    targets_.push_back(
        std::make_unique<Target>(context, target, policy, settings_.keepalive.max_idle,
                                 registry.target(worker, {settings_.name, target.zone, target.id})));
  }
}

void Group::close_idle() {
  for (const auto& target : targets_) target->close_idle();
}

}  // namespace weir::proxy
