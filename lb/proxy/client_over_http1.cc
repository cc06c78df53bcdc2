#include "lb/proxy/client_over_http1.h"

#include "lb/proxy/listener.h"

namespace weir::proxy {

ClientOverHttp1::ClientOverHttp1(Listener& its_listener, Seat its_seat,
                                 std::unique_ptr<net::ByteStream> stream, Introduction introduction)
    : Client(its_listener, std::move(its_seat), std::move(introduction)),
      Http1Server(its_listener.engine().wire, its_listener.engine().server_actives, std::move(stream),
                  its_listener.policy(), static_cast<wire::ServerOwner&>(its_listener)) {}

}  // namespace weir::proxy
