#include "lb/proxy/listener_settings.h"

namespace weir::proxy {
namespace {

wire::ServerPolicy server_policy_of(const model::Listener& listener) {
  wire::ServerPolicy policy;
  policy.limits = {listener.limits.header_bytes, listener.limits.headers, listener.limits.target_bytes};
  policy.header = listener.timeouts.header;
  policy.body = listener.timeouts.body;
  policy.idle = listener.timeouts.idle;
  policy.write = listener.timeouts.write;
  policy.tunnel = listener.timeouts.tunnel;
  policy.lifetime = listener.timeouts.client_lifetime;
  policy.requests = listener.limits.requests_per_connection;
  return policy;
}

wire::Http2Policy http2_policy_of(const model::Listener& listener) {
  wire::Http2Policy policy;
  if (!listener.http2) return policy;
  policy.streams = listener.http2->streams;
  policy.header_list = listener.http2->header_list;
  policy.resets_per_second = listener.http2->resets_per_second;
  policy.extended_connect = !listener.upgrade.empty();
  return policy;
}

http::ForwardPolicy forward_policy_of(const model::Listener& listener, const std::string& via_token) {
  http::ForwardPolicy policy;
  switch (listener.forwarded.mode) {
    case model::ForwardedMode::append: policy.mode = http::ForwardedMode::append; break;
    case model::ForwardedMode::preserve: policy.mode = http::ForwardedMode::preserve; break;
    case model::ForwardedMode::remove: policy.mode = http::ForwardedMode::remove; break;
  }
  policy.rfc7239 = listener.forwarded.rfc7239;
  policy.request_id = listener.request_id;
  policy.traceparent = listener.traceparent;
  policy.amazon_trace_id = listener.amazon_trace_id;
  if (listener.forwarded.via) policy.via = via_token;
  return policy;
}

http::DesyncMode desync_mode_of(const model::Listener& listener) {
  switch (listener.desync_mode) {
    case model::DesyncMode::monitor: return http::DesyncMode::monitor;
    case model::DesyncMode::defensive: return http::DesyncMode::defensive;
    case model::DesyncMode::strictest: break;
  }
  return http::DesyncMode::strictest;
}

}  // namespace

ListenerSettings::ListenerSettings(const model::Listener& listener, const NodeNames& its_node,
                                   std::shared_ptr<const net::TlsServerContext> its_tls)
    : model(listener),
      node(its_node),
      tls(std::move(its_tls)),
      policy(server_policy_of(model)),
      http2_policy(http2_policy_of(model)),
      forward_policy(forward_policy_of(model, node.via_token)),
      desync_mode(desync_mode_of(model)),
      table(model.rules),
      sources_(model.sources),
      filters_(!model.sources.allow.empty() || !model.sources.deny.empty()) {}

}  // namespace weir::proxy
