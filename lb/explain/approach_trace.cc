#include "lb/explain/approach_trace.h"

#include <algorithm>
#include <array>

#include "lb/base/text.h"
#include "lb/wire/server_name.h"

namespace weir::explain {
namespace {

constexpr std::array<std::string_view, 3> kOfConnections = {"connection", "transfer-encoding", "upgrade"};

std::string_view name_of(std::string_view line) { return line.substr(0, line.find(':')); }

bool is_of_connections(std::string_view line) {
  return std::ranges::any_of(
      kOfConnections, [&](std::string_view name) { return base::equals_ignoring_case(name_of(line), name); });
}

}  // namespace

ApproachTrace trace_approach(const model::TargetGroup& group, const model::Target& target,
                             std::string_view host) {
  ApproachTrace trace{.http2 = group.http2.has_value(), .proxy_protocol = group.proxy_protocol};
  if (group.protocol != model::Protocol::https) return trace;
  trace.server_name = wire::server_name_for(group.tls->server_name, host, target.address);
  trace.verified = group.tls->verify;
  return trace;
}

LeftOut to_http2(HeadLines& head) {
  constexpr std::string_view kVersion = "HTTP/1.1";
  if (std::string& line = head.front(); line.ends_with(kVersion))
    line.replace(line.size() - kVersion.size(), kVersion.size(), "HTTP/2");
  const LeftOut left_out{.upgrade = !field_of(head, "Upgrade").empty()};
  std::erase_if(head, is_of_connections);
  return left_out;
}

}  // namespace weir::explain
