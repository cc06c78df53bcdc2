#include "lb/proxy/group_settings.h"

namespace weir::proxy {
namespace {

model::TargetGroup without_targets(model::TargetGroup group) {
  group.targets = {};
  group.dns_targets = {};
  return group;
}

wire::ClientPolicy policy_of(const model::TargetGroup& group) {
  wire::ClientPolicy policy;
  policy.connect = group.timeouts.connect;
  policy.response = group.timeouts.response;
  policy.idle = group.timeouts.idle;
  policy.max_age = group.keepalive.max_age;
  policy.max_requests = group.keepalive.max_requests;
  return policy;
}

std::optional<Stickiness> stickiness_of(const model::TargetGroup& group) {
  if (!group.stickiness) return std::nullopt;
  return std::optional<Stickiness>(std::in_place, *group.stickiness, group.name);
}

}  // namespace

GroupSettings::GroupSettings(const model::TargetGroup& group)
    : model(without_targets(group)), policy(policy_of(group)), stickiness(stickiness_of(group)) {}

}  // namespace weir::proxy
