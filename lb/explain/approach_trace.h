#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lb/explain/answer_trace.h"
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

// The head of a request that was written as HTTP/1.1, as HTTP/2 has it: without the fields that are about a
// connection (RFC 9113 8.2.2).
struct LeftOut {
  bool upgrade = false;
};
LeftOut to_http2(HeadLines& head);

}  // namespace weir::explain
