#include "lb/proxy/listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "lb/base/log.h"
#include "lb/http/client_address.h"
#include "lb/http/h1_writer.h"
#include "lb/net/tcp_stream.h"
#include "lb/proxy/answer.h"
#include "lb/proxy/exchange.h"

namespace weir::proxy {
namespace {

// How long a listener waits before it accepts again when descriptors or connections were used up.
constexpr base::Duration kPause = std::chrono::milliseconds(50);
constexpr base::Duration kBetweenWarnings = std::chrono::seconds(10);

}  // namespace

// --- clients

Client::Client(Listener& listener, Entrance& entrance, std::unique_ptr<net::ByteStream> stream,
               const base::SocketAddress& peer)
    : Http1Server(listener.engine().wire, listener.engine().server_actives, std::move(stream),
                  listener.policy(), static_cast<wire::ServerOwner&>(listener)),
      listener_(listener),
      entrance_(entrance),
      ip_(peer.ip()),
      port_(peer.port()),
      unix_(peer.is_unix()),
      ip_text_(peer.is_unix() ? "unix" : peer.ip().to_string()) {
  ++entrance_.clients;
}

Client::~Client() = default;

const observe::AccessClient& Client::access_part() {
  if (access_part_ == nullptr) {
    access_part_ = std::make_unique<const observe::AccessClient>("http", listener_.name(), ip_text_, port_);
  }
  return *access_part_;
}

void Client::meet(const ListenerView& view) {
  if (met_ == view.serial()) return;
  met_ = view.serial();
  trusted_ = !unix_ && http::is_trusted(ip_, view.model().forwarded.trust);
}

// --- the listener

Listener::Listener(Engine& engine, std::shared_ptr<ListenerShared> shared,
                   std::unique_ptr<ListenerView> its_view)
    : engine_(engine),
      shared_(std::move(shared)),
      view_(std::move(its_view)),
      name_(view_->model().name),
      policy_(view_->settings().policy),
      counters_(engine.setup.registry->listener(engine.setup.worker, name_)),
      unrouted_counters_(engine.setup.registry->route(engine.setup.worker, name_, "")),
      pause_(engine.wire.loop.timers(), this,
             [](void* self) { static_cast<Listener*>(self)->on_pause_over(); }) {}

Listener::~Listener() {
  abort();
  engine_.retire(std::move(view_));
}

// --- configuration

void Listener::update(std::unique_ptr<ListenerView> view) {
  std::swap(view_, view);
  policy_ = view_->settings().policy;
  if (!view->pinned()) return engine_.retire(std::move(view));
  old_views_.push_back(std::move(view));
}

ListenerView& Listener::pin() {
  view_->pin();
  return *view_;
}

void Listener::unpin(ListenerView& view) {
  if (!view.unpin() || &view == view_.get()) return;
  const auto old = std::ranges::find(old_views_, &view, &std::unique_ptr<ListenerView>::get);
  engine_.retire(std::move(*old));
  old_views_.erase(old);
}

// --- sockets

void Listener::add_socket(net::Fd socket, bool shared, std::uint16_t port, BindNumber bind) {
  auto acceptor = std::make_unique<net::Acceptor>(engine_.wire.loop, std::move(socket), shared, *this);
  entrances_.push_back({.port = port,
                        .port_text = port == 0 ? "" : std::to_string(port),
                        .acceptor = std::move(acceptor),
                        .bind = bind});
}

void Listener::remove_socket(BindNumber bind, base::Duration quiet) {
  const wire::Turn::Scope scope(engine_.wire.turn);
  for (auto at = entrances_.begin(); at != entrances_.end();) {
    Entrance& entrance = *at++;  // one that nobody has come by goes at once
    if (entrance.bind != bind || !entrance.acceptor) continue;
    entrance.acceptor->resume();
    entrance.acceptor->accept_all();
    entrance.acceptor.reset();
    // Draining may close a connection at once: go from the back.
    for (std::size_t i = clients_.size(); i-- > 0;) {
      if (&clients_[i]->entrance() == &entrance) clients_[i]->drain(quiet);
    }
    forget_entrance(entrance);
  }
}

// Once it is closed and its last client has gone.
void Listener::forget_entrance(const Entrance& entrance) {
  if (entrance.acceptor || entrance.clients != 0) return;
  entrances_.remove_if([&](const Entrance& one) { return &one == &entrance; });
}

Entrance& Listener::entrance_of(const net::Acceptor& acceptor) {
  return *std::ranges::find_if(entrances_,
                               [&](const Entrance& one) { return one.acceptor.get() == &acceptor; });
}

void Listener::on_accept(net::Acceptor& acceptor, net::Fd socket, const sockaddr_storage& peer,
                         socklen_t length) {
  const wire::Turn::Scope scope(engine_.wire.turn);
  const auto address = base::SocketAddress::from_native(peer, length);
  bool counted = false;
  if (!admit(address, socket, counted)) return;
  auto stream = net::TcpStream::adopt(engine_.wire.loop, std::move(socket));
  if (!stream) {
    if (counted) shared_->sources.leave(address.ip());
    return on_accept_failed(acceptor, stream.error());
  }
  auto client = std::make_unique<Client>(*this, entrance_of(acceptor), std::move(*stream), address);
  client->counted_ = counted;
  take_in(std::move(client));
}

// `counted`: among the connections of its source.
bool Listener::admit(const base::SocketAddress& peer, const net::Fd& socket, bool& counted) {
  const model::ListenerLimits& limits = view_->model().limits;
  if (limits.connections && shared_->connections.load(std::memory_order_relaxed) >= *limits.connections) {
    reject(socket, observe::Rejection::listener_limit);
    return false;
  }
  if (!limits.connections_per_source || peer.is_unix()) return true;
  counted = shared_->sources.enter(peer.ip(), *limits.connections_per_source);
  if (!counted) reject(socket, observe::Rejection::source_limit);
  return counted;
}

// One write into an empty socket buffer; whether it arrives is the client's luck.
void Listener::reject(const net::Fd& socket, observe::Rejection reason) {
  counters_->rejections.add(reason);
  base::Random& random = engine_.random;
  const base::Instant now = engine_.wire.loop.now();
  const http::TraceIds ids({random.next(), random.next(), random.next()}, engine_.date.seconds(now));
  http::OutgoingResponse head;
  std::string body, text;
  write_answer({.failure = {wire::Reason::connection_limit, http::Problem::none, 0},
                .server_name = view_->settings().node.server_name,
                .date = engine_.date.date(now),
                .request_id = view_->model().request_id ? ids.request_id() : ""},
               head, body);
  http::write_response_head(text, head, {.connection = http::Connection::close});
  text += body;
  ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
}

void Listener::adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer) {
  adopt(std::move(stream), peer, no_entrance_);
}

void Listener::adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer,
                     Entrance& entrance) {
  take_in(std::make_unique<Client>(*this, entrance, std::move(stream), peer));
}

void Listener::take_in(std::unique_ptr<Client> client) {
  client->place_ = static_cast<std::uint32_t>(clients_.size());
  clients_.push_back(std::move(client));
  counters_->connection_opened(observe::ClientProtocol::http1);
  shared_->connections.fetch_add(1, std::memory_order_relaxed);
  ProcessLimits& limits = *engine_.setup.limits;
  const std::uint64_t now = limits.connections.fetch_add(1, std::memory_order_relaxed) + 1;
  if (draining_) {
    clients_.back()->drain(drain_quiet_);
  } else if (now >= limits.max_connections) {
    pause_accepting();  // new ones wait in the kernel's queue
  }
}

void Listener::on_accept_failed(net::Acceptor&, int error) {
  counters_->rejections.add(error == EMFILE || error == ENFILE ? observe::Rejection::no_descriptors
                                                               : observe::Rejection::no_memory);
  const base::Instant now = engine_.wire.loop.now();
  if (now >= next_warning_) {
    base::log::warn("listener {}: cannot accept connections: {}", name_, std::strerror(error));
    next_warning_ = now + kBetweenWarnings;
  }
  pause_accepting();
}

void Listener::pause_accepting() {
  if (draining_) return;
  for (const Entrance& entrance : entrances_) {
    if (entrance.acceptor) entrance.acceptor->pause();
  }
  pause_.set(engine_.wire.loop.now() + kPause);
}

void Listener::on_pause_over() {
  const ProcessLimits& limits = *engine_.setup.limits;
  if (limits.connections.load(std::memory_order_relaxed) >= limits.max_connections) return pause_accepting();
  pause_.clear();
  for (const Entrance& entrance : entrances_) {
    if (entrance.acceptor) entrance.acceptor->resume();
  }
}

wire::ServerHandler& Listener::on_request(wire::Http1Server& connection, http::RequestHead& head) {
  auto& client = static_cast<Client&>(connection);
  client.exchange_ = engine_.take_exchange();
  client.exchange_->begin(client, head);
  return *client.exchange_;
}

wire::ServerHandler& Listener::on_refused(wire::Http1Server& connection, http::RequestHead& head,
                                          const wire::Failure& failure) {
  auto& client = static_cast<Client&>(connection);
  client.exchange_ = engine_.take_exchange();
  client.exchange_->begin_refused(client, head, failure);
  return *client.exchange_;
}

void Listener::on_closed(wire::Http1Server& connection) {
  auto& client = static_cast<Client&>(connection);
  counters_->connection_closed();
  shared_->connections.fetch_sub(1, std::memory_order_relaxed);
  engine_.setup.limits->connections.fetch_sub(1, std::memory_order_relaxed);
  if (client.counted_) shared_->sources.leave(client.ip_);
  Entrance& entrance = client.entrance_;
  --entrance.clients;
  const std::uint32_t place = client.place_;
  engine_.wire.loop.reap(std::move(clients_[place]));
  if (place + 1 != clients_.size()) {
    clients_[place] = std::move(clients_.back());
    clients_[place]->place_ = place;
  }
  clients_.pop_back();
  if (!entrance.acceptor) forget_entrance(entrance);
  if (pause_.at() != base::kNever) on_pause_over();
}

void Listener::drain(base::Duration quiet) {
  const wire::Turn::Scope scope(engine_.wire.turn);
  if (draining_) return;
  draining_ = true;
  drain_quiet_ = quiet;
  pause_.clear();
  for (const Entrance& entrance : entrances_) {
    if (!entrance.acceptor) continue;
    entrance.acceptor->resume();
    entrance.acceptor->accept_all();
  }
  close_entrances();
  // Draining may close a connection at once: go from the back.
  for (std::size_t i = clients_.size(); i-- > 0;) clients_[i]->drain(quiet);
}

void Listener::close_entrances() {
  for (auto at = entrances_.begin(); at != entrances_.end();) {
    Entrance& entrance = *at++;
    entrance.acceptor.reset();
    forget_entrance(entrance);
  }
}

void Listener::abort() {
  const wire::Turn::Scope scope(engine_.wire.turn);
  close_entrances();
  while (!clients_.empty()) clients_.back()->abort();
}

}  // namespace weir::proxy
