#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lb/model/target_group.h"

// How a target is spoken to, beside what is sent.
namespace weir::explain {

struct ApproachTrace {
  bool http2 = false;
  // Whom the target's certificate is to be for; absent: no TLS.
  std::optional<std::string> server_name = {};
  bool verified = false;  // the certificate is
  model::SentProxyHeader proxy_protocol = model::SentProxyHeader::off;
};

// `host`: of the request as it is sent.
ApproachTrace trace_approach(const model::TargetGroup& group, const model::Target& target,
                             std::string_view host);

}  // namespace weir::explain
