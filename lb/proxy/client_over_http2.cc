#include "lb/proxy/client_over_http2.h"

#include "lb/proxy/listener.h"

namespace weir::proxy {

ClientOverHttp2::ClientOverHttp2(Listener& its_listener, Seat its_seat,
                                 std::unique_ptr<net::ByteStream> stream, Introduction introduction)
    : Client(its_listener, std::move(its_seat), std::move(introduction)),
      Http2Server(its_listener.engine().wire, its_listener.engine().http2_server, std::move(stream),
                  its_listener.policy(), its_listener.http2_policy(),
                  static_cast<wire::Http2Owner&>(its_listener)) {}

}  // namespace weir::proxy
