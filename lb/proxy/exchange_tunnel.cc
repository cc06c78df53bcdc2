// An exchange that becomes a tunnel, and what it keeps.

#include <utility>

#include "lb/proxy/exchange.h"
#include "lb/proxy/listener.h"

namespace weir::proxy {

void Exchange::begin_tunnel(http::ResponseHead& head) {
  tunnel_ = true;
  client_->listener().counters().websockets.add();
  if (!build_response(head)) {
    tunnel_ = false;
    client_->listener().counters().websockets.subtract();
    end_attempt();
    return answer({wire::Reason::header_invalid, http::Problem::none, 0});
  }
  send_response(head);
  request_relay_.start(*stream_, attempt_.stream(), /*large=*/false);
  let_view_go();
}

// A tunnel may stay for days, and its configuration with it: from now on it needs no more than that.
void Exchange::let_view_go() {
  count_sessions();
  rule_session_.forget();
  target_session_.forget();
  tunnel_route_ = route_->access_part;
  tunnel_counters_ = destination_->counters;
  route_ = nullptr;
  destination_ = nullptr;
  client_->listener().unpin(*std::exchange(view_, nullptr));
}

}  // namespace weir::proxy
