#include "bench/backend/server.h"

#include <cstring>
#include <utility>

#include "lb/base/log.h"
#include "lb/net/tcp_stream.h"

namespace weir::bench {
namespace {

constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

class Server::Connection final : public wire::Http1Server, public Endable {
 public:
  Connection(Server& server, std::unique_ptr<net::ByteStream> stream, std::size_t its_place)
      : Http1Server(server.desk_.context, server.actives_, std::move(stream), server.policy_, server),
        exchange(*this, *this, server.desk_),
        place(its_place) {}

  void end_with_reset() override {
    stream_->reset_on_close();
    cancel();
  }

  Exchange exchange;
  std::size_t place;  // among the server's
};

Server::Server(Desk& desk, std::vector<ServerSocket> sockets)
    : desk_(desk), accept_again_(desk.context.loop.timers(), this, [](void* self) {
        static_cast<Server*>(self)->accept_again();
      }) {
  for (ServerSocket& socket : sockets) {
    acceptors_.push_back(
        std::make_unique<net::Acceptor>(desk.context.loop, std::move(socket.fd), socket.shared, *this));
  }
}

Server::~Server() {
  const wire::Turn::Scope scope(desk_.context.turn);
  acceptors_.clear();
  while (!connections_.empty()) connections_.back()->abort();
}

void Server::on_accept(net::Acceptor& acceptor, net::Fd socket, const sockaddr_storage&, socklen_t) {
  auto stream = net::TcpStream::adopt(desk_.context.loop, std::move(socket));
  if (!stream) return on_accept_failed(acceptor, stream.error());
  connections_.push_back(std::make_unique<Connection>(*this, std::move(*stream), connections_.size()));
}

void Server::on_accept_failed(net::Acceptor&, int error) {
  base::log::warn("cannot accept a connection: {}", std::strerror(error));
  accept_again_.set(desk_.context.loop.now() + kAcceptPause);
}

void Server::accept_again() {
  for (const auto& acceptor : acceptors_) acceptor->resume();
}

wire::ServerHandler& Server::on_request(wire::Http1Server& connection, http::RequestHead& head) {
  Exchange& exchange = static_cast<Connection&>(connection).exchange;
  exchange.begin(head);
  return exchange;
}

wire::ServerHandler& Server::on_refused(wire::Http1Server& connection, http::RequestHead&,
                                        const wire::Failure& failure) {
  Exchange& exchange = static_cast<Connection&>(connection).exchange;
  exchange.begin_refused(failure);
  return exchange;
}

void Server::on_closed(wire::Http1Server& connection) {
  const std::size_t place = static_cast<Connection&>(connection).place;
  desk_.context.loop.reap(std::move(connections_[place]));
  if (place + 1 != connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place = place;
  }
  connections_.pop_back();
}

}  // namespace weir::bench
