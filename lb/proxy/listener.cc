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

wire::ServerPolicy server_policy(const model::Listener& listener) {
  wire::ServerPolicy policy;
  policy.limits = {listener.limits.header_bytes, listener.limits.headers, listener.limits.target_bytes};
  policy.header = listener.timeouts.header;
  policy.body = listener.timeouts.body;
  policy.idle = listener.timeouts.idle;
  policy.write = listener.timeouts.write;
  policy.tunnel = listener.timeouts.tunnel;
  policy.lifetime = listener.timeouts.client_lifetime;
  policy.requests = listener.limits.requests_per_connection;
  return policy;
}

http::ForwardPolicy forward_policy_of(const model::Listener& listener, const std::string& via_token) {
  http::ForwardPolicy policy;
  switch (listener.forwarded.mode) {
    case model::ForwardedMode::append: policy.mode = http::ForwardedMode::append; break;
    case model::ForwardedMode::preserve: policy.mode = http::ForwardedMode::preserve; break;
    case model::ForwardedMode::remove: policy.mode = http::ForwardedMode::remove; break;
  }
  policy.rfc7239 = listener.forwarded.rfc7239;
  policy.request_id = listener.request_id;
  policy.traceparent = listener.traceparent;
  policy.amazon_trace_id = listener.amazon_trace_id;
  if (listener.forwarded.via) policy.via = via_token;
  return policy;
}

http::DesyncMode desync_mode_of(const model::Listener& listener) {
  switch (listener.desync_mode) {
    case model::DesyncMode::monitor: return http::DesyncMode::monitor;
    case model::DesyncMode::defensive: return http::DesyncMode::defensive;
    case model::DesyncMode::strictest: break;
  }
  return http::DesyncMode::strictest;
}

}  // namespace

// --- limits

std::size_t SourceLimit::Hash::operator()(const base::IpAddress& address) const {
  return std::hash<std::string_view>()(
      {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
}

bool SourceLimit::enter(const base::IpAddress& source) {
  const std::lock_guard lock(mutex_);
  std::uint64_t& count = counts_[source];
  if (count >= most_) return false;
  ++count;
  return true;
}

void SourceLimit::leave(const base::IpAddress& source) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(source);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

ListenerShared::ListenerShared(const model::Listener& its_settings)
    : settings(its_settings), routing(settings) {
  if (settings.limits.connections_per_source) {
    sources = std::make_unique<SourceLimit>(*settings.limits.connections_per_source);
  }
}

// --- clients

Client::Client(Listener& listener, const Entrance& entrance, std::unique_ptr<net::ByteStream> stream,
               const base::SocketAddress& peer)
    : Http1Server(listener.engine().wire, listener.engine().server_actives, std::move(stream),
                  listener.policy(), static_cast<wire::ServerOwner&>(listener)),
      listener_(listener),
      entrance_(entrance),
      ip_(peer.ip()),
      port_(peer.port()),
      unix_(peer.is_unix()),
      ip_text_(peer.is_unix() ? "unix" : peer.ip().to_string()) {
  const auto& trust = listener.settings().forwarded.trust;
  trusted_ = !unix_ && http::is_trusted(ip_, trust);
}

Client::~Client() = default;

// --- the listener

Listener::Listener(Engine& engine, std::shared_ptr<ListenerShared> shared)
    : engine_(engine),
      shared_(std::move(shared)),
      policy_(server_policy(settings())),
      forward_policy_(forward_policy_of(settings(), engine.setup.via_token)),
      desync_mode_(desync_mode_of(settings())),
      counters_(engine.setup.registry->listener(engine.setup.worker, settings().name)),
      unrouted_counters_(engine.setup.registry->route(engine.setup.worker, settings().name, "")),
      routes_(engine, settings(), shared_->routing),
      pause_(engine.wire.loop.timers(), this,
             [](void* self) { static_cast<Listener*>(self)->on_pause_over(); }) {}

Listener::~Listener() { abort(); }

void Listener::add_socket(net::Fd socket, bool shared, std::uint16_t port) {
  auto acceptor = std::make_unique<net::Acceptor>(engine_.wire.loop, std::move(socket), shared, *this);
  entrances_.push_back({port, port == 0 ? "" : std::to_string(port), std::move(acceptor)});
}

const Entrance& Listener::entrance_of(const net::Acceptor& acceptor) const {
  return *std::ranges::find_if(entrances_,
                               [&](const Entrance& one) { return one.acceptor.get() == &acceptor; });
}

void Listener::on_accept(net::Acceptor& acceptor, net::Fd socket, const sockaddr_storage& peer,
                         socklen_t length) {
  const wire::Turn::Scope scope(engine_.wire.turn);
  const auto address = base::SocketAddress::from_native(peer, length);
  if (!admit(address, socket)) return;
  auto stream = net::TcpStream::adopt(engine_.wire.loop, std::move(socket));
  if (!stream) {
    if (shared_->sources && !address.is_unix()) shared_->sources->leave(address.ip());
    return on_accept_failed(acceptor, stream.error());
  }
  adopt(std::move(*stream), address, entrance_of(acceptor));
}

bool Listener::admit(const base::SocketAddress& peer, const net::Fd& socket) {
  if (settings().limits.connections &&
      shared_->connections.load(std::memory_order_relaxed) >= *settings().limits.connections) {
    reject(socket, observe::Rejection::listener_limit);
    return false;
  }
  if (shared_->sources && !peer.is_unix() && !shared_->sources->enter(peer.ip())) {
    reject(socket, observe::Rejection::source_limit);
    return false;
  }
  return true;
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
                .server_name = engine_.setup.snapshot->process.server_name,
                .date = engine_.date.date(now),
                .request_id = settings().request_id ? ids.request_id() : ""},
               head, body);
  http::write_response_head(text, head, {.connection = http::Connection::close});
  text += body;
  ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
}

void Listener::adopt(std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer,
                     const Entrance& entrance) {
  auto client = std::make_unique<Client>(*this, entrance, std::move(stream), peer);
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
    base::log::warn("listener {}: cannot accept connections: {}", settings().name, std::strerror(error));
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
  if (shared_->sources && !client.unix_) shared_->sources->leave(client.ip_);
  const std::uint32_t place = client.place_;
  engine_.wire.loop.reap(std::move(clients_[place]));
  if (place + 1 != clients_.size()) {
    clients_[place] = std::move(clients_.back());
    clients_[place]->place_ = place;
  }
  clients_.pop_back();
  if (pause_.at() != base::kNever) on_pause_over();
}

void Listener::drain(base::Duration quiet) {
  const wire::Turn::Scope scope(engine_.wire.turn);
  if (draining_) return;
  draining_ = true;
  drain_quiet_ = quiet;
  pause_.clear();
  for (const Entrance& entrance : entrances_) {
    entrance.acceptor->resume();
    entrance.acceptor->accept_all();
  }
  close_entrances();
  // Draining may close a connection at once: go from the back.
  for (std::size_t i = clients_.size(); i-- > 0;) clients_[i]->drain(quiet);
}

void Listener::close_entrances() {
  for (Entrance& entrance : entrances_) entrance.acceptor.reset();
}

void Listener::abort() {
  const wire::Turn::Scope scope(engine_.wire.turn);
  close_entrances();
  while (!clients_.empty()) clients_.back()->abort();
}

}  // namespace weir::proxy
