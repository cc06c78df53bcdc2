#include "lb/explain/approach_trace.h"

#include "lb/wire/server_name.h"

namespace weir::explain {

ApproachTrace trace_approach(const model::TargetGroup& group, const model::Target& target,
                             std::string_view host) {
  ApproachTrace trace{.http2 = group.http2.has_value(), .proxy_protocol = group.proxy_protocol};
  if (group.protocol != model::Protocol::https) return trace;
  trace.server_name = wire::server_name_for(group.tls->server_name, host, target.address);
  trace.verified = group.tls->verify;
  return trace;
}

}  // namespace weir::explain
