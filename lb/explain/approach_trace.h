#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lb/model/target_group.h"

// How a target is spoken to, beside what is sent.
namespace weir::explain {

struct ApproachTrace {
  bool http2 = false;
  std::optional<std::string>
      server_name;        // of TLS: whom the target's certificate is for; absent: in the clear
  bool verified = false;  // the certificate is
  model::SentProxyHeader proxy_protocol = model::SentProxyHeader::off;
};

// `host`: of the request as it is sent.
ApproachTrace trace_approach(const model::TargetGroup& group, const model::Target& target,
                             std::string_view host);

}  // namespace weir::explain
