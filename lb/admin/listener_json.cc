#include "lb/admin/listener_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <numeric>

namespace weir::admin {
namespace {

using Json = nlohmann::ordered_json;

Json protocols_part(const observe::ListenerTotal& total) {
  Json part;
  for (std::size_t i = 0; i < observe::kClientProtocolWords.size(); ++i) {
    part[std::string(observe::kClientProtocolWords[i])] = total.connections_total[i];
  }
  return part;
}

Json handshakes_part(const observe::ListenerTotal& total) {
  const Handshakes sum = handshakes(total);
  return {{"full", sum.full}, {"resumed", sum.resumed}, {"failed", sum.failed}};
}

// RFC 3339, UTC. A certificate may be good until the year 9999 (RFC 5280 4.1.2.5), which no base::WallTime
// holds.
std::string end_of_validity(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(time.time_since_epoch().count())));
}

Json certificates_part(const std::string& listener, std::span<const ServedCertificate> certificates,
                       base::WallTime now) {
  Json part = Json::array();
  for (const ServedCertificate& one : certificates) {
    if (one.listener != listener) continue;
    part.push_back(
        {{"subject", one.subject},
         {"names", one.names},
         {"expires", end_of_validity(one.not_after)},
         {"expires_in_seconds", (one.not_after - std::chrono::floor<std::chrono::seconds>(now)).count()}});
  }
  return part;
}

std::string_view state_of(Phase phase) {
  return phase == Phase::running ? "listening" : phase == Phase::starting ? "starting" : "closed";
}

}  // namespace

Json json_of(const BoundListener& bound, Phase phase, const observe::ListenerTotal& total,
             std::span<const ServedCertificate> certificates, base::WallTime now) {
  const bool tls = bound.protocol == model::Protocol::https;
  Json part;
  part["name"] = bound.name;
  part["state"] = state_of(phase);
  part["binds"] = Json::array();
  for (const base::SocketAddress& address : bound.binds) part["binds"].push_back(address.to_string());
  part["protocol"] = word(bound.protocol);
  part["http2"] = bound.http2;
  part["proxy_protocol"] = bound.proxy_protocol;
  part["client_auth"] = bound.client_auth ? Json(word(*bound.client_auth)) : Json();
  part["connections"] = total.connections;
  part["connections_total"] =
      std::accumulate(total.connections_total.begin(), total.connections_total.end(), std::uint64_t{0});
  part["connections_by_protocol"] = protocols_part(total);
  part["handshakes"] = tls ? handshakes_part(total) : Json();
  part["certificates"] = certificates_part(bound.name, certificates, now);
  part["websockets"] = total.websockets;
  part["requests"] = total.request_count();
  part["responses_5xx"] = total.count_between(500, 599);
  part["received_bytes"] = total.received_bytes;
  part["sent_bytes"] = total.sent_bytes;
  return part;
}

}  // namespace weir::admin
