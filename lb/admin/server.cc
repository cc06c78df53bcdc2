#include "lb/admin/server.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/base/log.h"
#include "lb/net/tcp_stream.h"

namespace weir::admin {
namespace {

using std::chrono::seconds;

constexpr int kBacklog = 128;
constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);

wire::ServerPolicy policy() {
  wire::ServerPolicy policy;
  policy.limits = {.head_bytes = 16 * 1024, .fields = 64, .target_bytes = 8 * 1024};
  policy.header = seconds(10);
  policy.body = seconds(10);
  policy.idle = seconds(30);
  policy.write = seconds(30);
  return policy;
}

}  // namespace

class Server::Connection final : public wire::Http1Server {
 public:
  Connection(Server& server, std::unique_ptr<net::ByteStream> stream)
      : Http1Server(server.context_, server.actives_, std::move(stream), server.policy_, server),
        exchange(*this, [this] { reset(); }, server.answer_, server.context_, server.sources_) {}

  Exchange exchange;

 private:
  // After a FIN the kernel would hold what it has for as long as the client likes.
  void reset() {
    stream_->reset_on_close();
    cancel();
  }
};

std::expected<net::ListeningSockets, net::ListenError> listen(const base::SocketAddress& address) {
  return net::listen_on(address, 1, {.backlog = kBacklog, .unix_mode = kSocketMode});
}

Server::Server(wire::Context& context, net::ListeningSockets sockets, Answer answer)
    : context_(context),
      answer_(std::move(answer)),
      policy_(policy()),
      address_(sockets.address),
      accept_again_(context.loop.timers(), this,
                    [](void* self) { static_cast<Server*>(self)->accept_again(); }),
      file_(std::move(sockets.file)) {
  for (net::Fd& socket : sockets.sockets) {
    acceptors_.push_back(std::make_unique<net::Acceptor>(context.loop, std::move(socket), false, *this));
  }
}

Server::~Server() {
  const wire::Turn::Scope scope(context_.turn);
  file_.remove();
  acceptors_.clear();
  while (!connections_.empty()) connections_.begin()->first->abort();
}

void Server::close() {
  const wire::Turn::Scope scope(context_.turn);
  accept_again_.clear();
  for (const auto& acceptor : acceptors_) acceptor->pause();
  std::vector<wire::Http1Server*> idle;
  for (const auto& [one, connection] : connections_) {
    if (one->waiting_since()) {
      idle.push_back(one);
    } else {
      one->drain(base::Duration(0));
    }
  }
  for (wire::Http1Server* const one : idle) one->abort();
}

void Server::open() {
  for (const auto& acceptor : acceptors_) acceptor->resume();
}

void Server::on_news() {
  for (const auto& [_, connection] : connections_) connection->exchange.on_news();
}

void Server::on_accept(net::Acceptor& acceptor, net::Fd socket, const sockaddr_storage&, socklen_t) {
  const wire::Turn::Scope scope(context_.turn);
  if (connections_.size() >= kMostConnections && !make_room()) return;  // closed
  auto stream = net::TcpStream::adopt(context_.loop, std::move(socket));
  if (!stream) return on_accept_failed(acceptor, stream.error());
  auto connection = std::make_unique<Connection>(*this, std::move(*stream));
  connections_.emplace(connection.get(), std::move(connection));
}

template <class Since>
bool Server::close_longest(Since since) {
  const auto longest = std::ranges::min_element(connections_, {}, since);
  if (longest == connections_.end() || since(*longest) == base::kNever) return false;
  longest->first->abort();
  return true;
}

// Closes the connection that has waited for a request for longest, or else the one whose request's body has
// been on its way for longest; false if there is none.
bool Server::make_room() {
  const auto waiting = [](const auto& entry) { return entry.first->waiting_since().value_or(base::kNever); };
  const auto receiving = [](const auto& entry) { return entry.second->exchange.receiving_since(); };
  return close_longest(waiting) || close_longest(receiving);
}

void Server::on_accept_failed(net::Acceptor&, int error) {
  base::log::warn("admin: cannot accept a connection: {}", std::strerror(error));
  accept_again_.set(context_.loop.now() + kAcceptPause);
}

void Server::accept_again() {
  for (const auto& acceptor : acceptors_) acceptor->resume();
}

wire::ServerHandler& Server::on_request(wire::Http1Server& connection, http::RequestHead& head) {
  Exchange& exchange = static_cast<Connection&>(connection).exchange;
  exchange.begin(head);
  return exchange;
}

wire::ServerHandler& Server::on_refused(wire::Http1Server& connection, http::RequestHead& head,
                                        const wire::Failure& failure) {
  Exchange& exchange = static_cast<Connection&>(connection).exchange;
  exchange.begin_refused(head, failure);
  return exchange;
}

void Server::on_closed(wire::Http1Server& connection) {
  const auto found = connections_.find(&connection);
  context_.loop.reap(std::move(found->second));
  connections_.erase(found);
}

}  // namespace weir::admin
