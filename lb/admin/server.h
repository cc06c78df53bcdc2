#pragma once

#include <sys/types.h>

#include <expected>
#include <memory>
#include <unordered_map>
#include <vector>

#include "lb/admin/exchange.h"
#include "lb/net/acceptor.h"
#include "lb/net/listen.h"
#include "lb/wire/http1_server.h"

namespace weir::admin {

// Of a unix socket's file: its group decides who may connect.
inline constexpr mode_t kSocketMode = 0660;
// The sockets of the admin API.
std::expected<net::ListeningSockets, net::ListenError> listen(const base::SocketAddress& address);

// A small HTTP server that answers whole requests with whole answers, or with what a source brings: the admin
// API's, on the control thread. Connections, bodies, sources and waits are bounded; a new connection takes
// the place of one that is without a whole request. A client that takes nothing for 30 s is
// cut, and so is one that takes longer for an answer that has an end. Destroying it cuts what is under way
// and removes the socket file.
class Server final : public wire::ServerOwner, public net::Acceptor::Handler {
 public:
  static constexpr std::size_t kMostConnections = 64;
  static constexpr std::size_t kMostSources = 32;  // that have no end
  static constexpr std::size_t kMostScrapes = 8;   // and that have one

  Server(wire::Context& context, net::ListeningSockets sockets, Answer answer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What was really bound: port 0 has become a number.
  const base::SocketAddress& address() const { return address_; }
  std::size_t connections() const { return connections_.size(); }

  // Another process answers from now on, or is about to: what is under way here is finished, nothing else
  // begins, until open().
  void close();
  void open();
  // The socket file stays when this is destroyed.
  void disown_file() { file_.disown(); }
  bool owns_file() const { return file_.owned(); }
  // It is removed then.
  void own_file() { file_ = net::SocketFile(address_.path()); }

  // There is something new for the sources: each is asked in the next turn of the loop. May be called at any
  // time, from inside an answer too.
  void on_news();

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
  template <class Since>
  bool close_longest(Since since);
  bool make_room();

  wire::Context& context_;
  const Answer answer_;
  const wire::ServerPolicy policy_;
  const base::SocketAddress address_;
  SourceCounts sources_{.endless = {.most = kMostSources}, .ending = {.most = kMostScrapes}};
  wire::Http1Server::Actives actives_;
  std::unordered_map<wire::Http1Server*, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  net::Deadline accept_again_;
  net::SocketFile file_;
};

}  // namespace weir::admin
