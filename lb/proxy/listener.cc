#include "lb/proxy/listener.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/http/h1_writer.h"
#include "lb/http/h2_frame.h"
#include "lb/net/listen.h"
#include "lb/net/tcp_stream.h"
#include "lb/proxy/answer.h"
#include "lb/proxy/client_over_http1.h"
#include "lb/proxy/client_over_http2.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/opening.h"
#include "lb/proxy/vocabulary.h"

namespace weir::proxy {
namespace {

// How long a listener waits before it accepts again when descriptors or connections were used up.
constexpr base::Duration kPause = std::chrono::milliseconds(50);
constexpr base::Duration kBetweenWarnings = std::chrono::seconds(10);

}  // namespace

Listener::Listener(Engine& engine, std::shared_ptr<ListenerShared> shared,
                   std::unique_ptr<ListenerView> its_view)
    : engine_(engine),
      shared_(std::move(shared)),
      view_(std::move(its_view)),
      name_(view_->model().name),
      policy_(view_->settings().policy),
      http2_policy_(view_->settings().http2_policy),
      counters_(engine.setup.registry->listener(engine.setup.worker, name_)),
      unrouted_counters_(engine.setup.registry->route(engine.setup.worker, name_, "")),
      pause_(engine.wire.loop.timers(), this,
             [](void* self) { static_cast<Listener*>(self)->on_pause_over(); }) {
  if (view_->settings().tls) counters_->expect_handshakes();
}

Listener::~Listener() {
  abort();
  engine_.retire(std::move(view_));
}

// --- configuration

void Listener::update(std::unique_ptr<ListenerView> view) {
  std::swap(view_, view);
  policy_ = view_->settings().policy;
  http2_policy_ = view_->settings().http2_policy;
  if (view_->settings().tls) counters_->expect_handshakes();
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

std::set<BindNumber> Listener::binds() const {
  std::set<BindNumber> numbers;
  for (const Entrance& entrance : entrances_) {
    if (entrance.acceptor) numbers.insert(entrance.bind);
  }
  return numbers;
}

bool Listener::turn_away(BindNumber bind) {
  bool found = false;
  for (const Entrance& entrance : entrances_) {
    if (entrance.bind != bind || !entrance.acceptor) continue;
    entrance.acceptor->turn_away();
    found = true;
  }
  return found;
}

void Listener::remove_socket(BindNumber bind, base::Duration quiet) {
  const wire::Turn::Scope scope(engine_.wire.turn);
  for (auto at = entrances_.begin(); at != entrances_.end();) {
    Entrance& entrance = *at++;  // one that nobody has come by goes at once
    if (entrance.bind != bind || !entrance.acceptor) continue;
    entrance.acceptor->resume();
    closing_ = true;
    entrance.acceptor->accept_all();
    closing_ = false;
    entrance.acceptor.reset();
    ++entrance.clients;  // until its last client has been told, which may close at once: go from the back
    for (std::size_t i = connections_.size(); i-- > 0;) {
      if (&connections_[i]->entrance() == &entrance) connections_[i]->drain(quiet);
    }
    --entrance.clients;
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
  Seat seat{.entrance = &entrance_of(acceptor), .peer = base::SocketAddress::from_native(peer, length)};
  if (!admit(seat, socket)) return;
  if (view_->routes().introduces_clients()) {
    seat.entered = std::make_unique<const base::SocketAddress>(net::local_address(socket));
  }
  auto stream = net::TcpStream::adopt(engine_.wire.loop, std::move(socket));
  if (!stream) {
    if (seat.counted) shared_->sources.leave(seat.peer.ip());
    return on_accept_failed(acceptor, stream.error());
  }
  take_in(std::move(*stream), std::move(seat));
}

bool Listener::admit(Seat& seat, const net::Fd& socket) {
  const model::ListenerLimits& limits = view_->model().limits;
  if (limits.connections && shared_->connections.load(std::memory_order_relaxed) >= *limits.connections) {
    reject(socket, observe::Rejection::listener_limit);
    return false;
  }
  if (!limits.connections_per_source || seat.peer.is_unix()) return true;
  seat.counted = shared_->sources.enter(seat.peer.ip(), *limits.connections_per_source);
  if (!seat.counted) reject(socket, observe::Rejection::source_limit);
  return seat.counted;
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
  take_in(std::move(stream), {.entrance = &entrance, .peer = peer});
}

void Listener::adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer,
                     Entrance& entrance, Introduction introduction) {
  take_in(std::move(stream), {.entrance = &entrance, .peer = peer}, std::move(introduction));
}

// `said`: before HTTP; absent: that comes yet, or nothing is asked for.
void Listener::take_in(std::unique_ptr<net::ByteStream> stream, Seat seat, std::optional<Introduction> said) {
  ++seat.entrance->clients;
  counters_->connection_opened();
  shared_->connections.fetch_add(1, std::memory_order_relaxed);
  const auto place = static_cast<std::uint32_t>(connections_.size());
  if (const auto& settings = view_->shared_settings(); !said && settings->opens()) {
    connections_.push_back(std::make_unique<Opening>(*this, std::move(seat), std::move(stream), settings));
  } else {
    counters_->protocol_known(observe::ClientProtocol::http1);
    connections_.push_back(std::make_unique<ClientOverHttp1>(*this, std::move(seat), std::move(stream),
                                                             said ? *std::move(said) : Introduction{}));
  }
  Connection& connection = *connections_.back();
  connection.place_ = place;
  ProcessLimits& limits = *engine_.setup.limits;
  const std::uint64_t now = limits.connections.fetch_add(1, std::memory_order_relaxed) + 1;
  if (draining_) {
    connection.drain(drain_quiet_);
  } else if (now >= limits.max_connections) {
    pause_accepting();  // new ones wait in the kernel's queue
  }
}

void Listener::go_on(Opening& opening, std::unique_ptr<net::ByteStream> stream, Introduction introduction,
                     std::string_view received) {
  counters_->protocol_known(introduction.protocol);
  if (introduction.protocol == observe::ClientProtocol::http2) {
    go_on_as<ClientOverHttp2>(opening, std::move(stream), std::move(introduction), received);
  } else {
    go_on_as<ClientOverHttp1>(opening, std::move(stream), std::move(introduction), received);
  }
}

template <class ItsClient>
void Listener::go_on_as(Opening& opening, std::unique_ptr<net::ByteStream> stream, Introduction introduction,
                        std::string_view received) {
  const std::uint32_t place = opening.place_;
  auto made = std::make_unique<ItsClient>(*this, std::move(opening.seat_), std::move(stream),
                                          std::move(introduction));
  ItsClient& client = *made;
  client.place_ = place;
  std::unique_ptr<Connection> before = std::exchange(connections_[place], std::move(made));
  if (opening.drains()) client.drain(*opening.drains());
  if (!received.empty()) client.receive_first(received);
  engine_.wire.loop.reap(std::move(before));
}

void Listener::on_accept_failed(net::Acceptor&, int error) {
  counters_->rejections.add(error == EMFILE || error == ENFILE ? observe::Rejection::no_descriptors
                                                               : observe::Rejection::no_memory);
  if (is_due(next_warning_))
    base::log::warn("listener {}: cannot accept connections: {}", name_, std::strerror(error));
  pause_accepting();
}

void Listener::count_handshake(std::string_view result, std::string_view version) {
  counters_->tls_handshakes.add(tls_result_index(result), tls_version_index(version));
}

bool Listener::is_due(base::Instant& next) {
  const base::Instant now = engine_.wire.loop.now();
  if (now < next) return false;
  next = now + kBetweenWarnings;
  return true;
}

void Listener::warn_of_client(std::string_view what) {
  if (is_due(next_client_warning_)) base::log::warn("listener {}: {}", name_, what);
}

void Listener::note_unserved_name(std::string_view name, std::string_view client) {
  counters_->tls_unserved_names.add();
  if (!is_due(next_name_warning_)) return;
  base::log::warn("listener {}: {} asks for a name that no certificate has: '{}'", name_, client,
                  base::escape(name));
}

void Listener::pause_accepting() {
  if (draining_ || closing_) return;
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
  auto& client = static_cast<ClientOverHttp1&>(connection);
  if (client.plain_on_tls()) return on_refused(connection, head, {wire::Reason::plain_http});
  Exchange& exchange = engine_.take_exchange();
  exchange.begin(client, connection, connection.request_began(), head);
  return exchange;
}

wire::ServerHandler& Listener::on_refused(wire::Http1Server& connection, http::RequestHead& head,
                                          const wire::Failure& failure) {
  Exchange& exchange = engine_.take_exchange();
  exchange.begin_refused(static_cast<ClientOverHttp1&>(connection), connection, connection.request_began(),
                         head, failure);
  return exchange;
}

wire::ServerHandler& Listener::on_request(wire::Http2Server& connection, wire::Http2ServerStream& stream,
                                          http::RequestHead& head, base::Instant began) {
  Exchange& exchange = engine_.take_exchange();
  exchange.begin(static_cast<ClientOverHttp2&>(connection), stream, began, head);
  return exchange;
}

wire::ServerHandler& Listener::on_refused(wire::Http2Server& connection, wire::Http2ServerStream& stream,
                                          http::RequestHead& head, const wire::Failure& failure,
                                          base::Instant began) {
  Exchange& exchange = engine_.take_exchange();
  exchange.begin_refused(static_cast<ClientOverHttp2&>(connection), stream, began, head, failure);
  return exchange;
}

void Listener::on_closed(wire::Http1Server& connection) { leave(static_cast<ClientOverHttp1&>(connection)); }

void Listener::on_closed(wire::Http2Server& connection) {
  const auto& client = static_cast<ClientOverHttp2&>(connection);
  if (const wire::Http2Fault& fault = connection.fault(); fault.error != http::H2Error::no_error) {
    counters_->rejections.add(fault.error == http::H2Error::enhance_your_calm
                                  ? observe::Rejection::http2_flood
                                  : observe::Rejection::http2_error);
    warn_of_client(fmt::format("the HTTP/2 connection of {} was ended with {} ({})", client.ip_text(),
                               http::to_string(fault.error), fault.word));
  }
  leave(client);
}

void Listener::leave(const Connection& connection) {
  counters_->connection_closed();
  shared_->connections.fetch_sub(1, std::memory_order_relaxed);
  engine_.setup.limits->connections.fetch_sub(1, std::memory_order_relaxed);
  if (connection.seat_.counted) shared_->sources.leave(connection.seat_.peer.ip());
  Entrance& entrance = *connection.seat_.entrance;
  --entrance.clients;
  const std::uint32_t place = connection.place_;
  engine_.wire.loop.reap(std::move(connections_[place]));
  if (place + 1 != connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place_ = place;
  }
  connections_.pop_back();
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
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->drain(quiet);
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
  while (!connections_.empty()) connections_.back()->abort();
}

}  // namespace weir::proxy
