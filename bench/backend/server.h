#pragma once

#include <memory>
#include <vector>

#include "bench/backend/exchange.h"
#include "lb/net/acceptor.h"
#include "lb/wire/http1_server.h"

namespace weir::bench {

// A listening socket as one thread gets it.
struct ServerSocket {
  net::Fd fd;
  bool shared = false;  // other threads poll the same descriptor
};

// What a backend does on one thread: accepts, and answers as the desk's options say. On the thread of its
// loop. Destroying it cuts what is under way.
class Server final : public wire::ServerOwner, public net::Acceptor::Handler {
 public:
  Server(Desk& desk, std::vector<ServerSocket> sockets);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  class Connection;

  void on_accept(net::Acceptor& acceptor, net::Fd socket, const sockaddr_storage& peer,
                 socklen_t length) override;
  void on_accept_failed(net::Acceptor& acceptor, int error) override;
  wire::ServerHandler& on_request(wire::Http1Server& connection, http::RequestHead& head) override;
  wire::ServerHandler& on_refused(wire::Http1Server& connection, http::RequestHead& head,
                                  const wire::Failure& failure) override;
  void on_closed(wire::Http1Server& connection) override;
  void accept_again();

  Desk& desk_;
  const wire::ServerPolicy policy_;  // no limit of time: who benchmarks decides how long things take
  wire::Http1Server::Actives actives_;
  std::vector<std::unique_ptr<Connection>> connections_;  // each knows its place
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  net::Deadline accept_again_;
};

}  // namespace weir::bench
