#pragma once

#include <memory>

#include "lb/proxy/client.h"
#include "lb/wire/http1_server.h"

namespace weir::proxy {

class ClientOverHttp1 final : public Client, public wire::Http1Server {
 public:
  ClientOverHttp1(Listener& its_listener, Seat its_seat, std::unique_ptr<net::ByteStream> stream,
                  Introduction introduction);

  void drain(base::Duration quiet) override { Http1Server::drain(quiet); }
  void abort() override { Http1Server::abort(); }
};

}  // namespace weir::proxy
