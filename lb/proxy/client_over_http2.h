#pragma once

#include <memory>

#include "lb/proxy/client.h"
#include "lb/wire/http2_server.h"

namespace weir::proxy {

class ClientOverHttp2 final : public Client, public wire::Http2Server {
 public:
  ClientOverHttp2(Listener& its_listener, Seat its_seat, std::unique_ptr<net::ByteStream> stream,
                  Introduction introduction);

  void drain(base::Duration quiet) override { Http2Server::drain(quiet); }
  void abort() override { Http2Server::abort(); }
};

}  // namespace weir::proxy
