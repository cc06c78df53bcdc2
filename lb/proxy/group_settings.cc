#include "lb/proxy/group_settings.h"

#include <utility>

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

wire::Http2Policy http2_of(const model::TargetGroup& group) {
  wire::Http2Policy policy;
  if (!group.http2) return policy;
  policy.streams = group.http2->streams;
  policy.ping = group.http2->ping;
  return policy;
}

std::optional<Stickiness> stickiness_of(const model::TargetGroup& group) {
  if (!group.stickiness) return std::nullopt;
  return std::optional<Stickiness>(std::in_place, *group.stickiness, group.name);
}

}  // namespace

GroupSettings::GroupSettings(const model::TargetGroup& group,
                             std::shared_ptr<const net::TlsClientContext> its_tls)
    : model(without_targets(group)),
      policy(policy_of(group)),
      http2(http2_of(group)),
      tls(std::move(its_tls)),
      stickiness(stickiness_of(group)) {}

std::optional<net::ProxyVersion> GroupSettings::proxy_version() const {
  switch (model.proxy_protocol) {
    case model::SentProxyHeader::v1: return net::ProxyVersion::v1;
    case model::SentProxyHeader::v2: return net::ProxyVersion::v2;
    case model::SentProxyHeader::off: break;
  }
  return std::nullopt;
}

bool same_connections(const GroupSettings& one, const GroupSettings& other) {
  return one.tls == other.tls && one.model.protocol == other.model.protocol &&
         one.model.proxy_protocol == other.model.proxy_protocol &&
         one.model.http2.has_value() == other.model.http2.has_value();
}

}  // namespace weir::proxy
