#include "lb/proxy/target.h"

#include <algorithm>
#include <cerrno>

#include "lb/net/prefaced_stream.h"
#include "lb/proxy/group.h"

namespace weir::proxy {
namespace {

bool lacks_descriptor(int error) { return error == EMFILE || error == ENFILE; }

wire::Reason reason_of(net::TlsFailure failure) {
  switch (failure) {
    case net::TlsFailure::certificate_expired:
    case net::TlsFailure::certificate_revoked:
    case net::TlsFailure::certificate_unknown_ca:
    case net::TlsFailure::certificate_refused:
    case net::TlsFailure::name_mismatch: return wire::Reason::target_certificate;
    default: return wire::Reason::target_tls;
  }
}

}  // namespace

bool IdleConnections::close_oldest() {
  if (oldest_ == nullptr) return false;
  oldest_->close();
  return true;
}

TargetConnection::TargetConnection(Target& target, std::unique_ptr<net::ByteStream> stream,
                                   net::TlsStream* tls, const Approach& approach)
    : Http1Client(target.context_.wire, target.context_.actives, std::move(stream), /*connecting=*/true,
                  target.group_.client_policy(), target),
      target_(target),
      tls_(tls),
      approach_(approach.plain() ? nullptr : std::make_unique<const Approach>(approach)),
      epoch_(target.group_.epoch()) {}

TargetConnection::~TargetConnection() { leave_idle(); }

bool TargetConnection::came_by(const Approach& approach) const {
  return approach_ ? *approach_ == approach : approach.plain();
}

// With TLS 1.3 a target refuses weir's certificate when the handshake is over for weir. An alert that comes
// later is as good as a reset.
wire::Failure TargetConnection::explained(const wire::Failure& failure) {
  if (tls_ == nullptr || tls_->failure() == net::TlsFailure::none) return failure;
  if (!connecting() && (reused() || response_begun())) return failure;
  target_.group_.warn_of_tls(target_, approach_->server_name, *tls_);
  return {reason_of(tls_->failure()), http::Problem::none, 0};
}

void TargetConnection::enter_idle() {
  IdleConnections& all = target_.context_.idle;
  idle_ = true;
  older_ = all.newest_;
  newer_ = nullptr;
  (older_ != nullptr ? older_->newer_ : all.oldest_) = this;
  all.newest_ = this;
  ++all.count_;
}

void TargetConnection::leave_idle() {
  if (!idle_) return;
  IdleConnections& all = target_.context_.idle;
  idle_ = false;
  (older_ != nullptr ? older_->newer_ : all.oldest_) = newer_;
  (newer_ != nullptr ? newer_->older_ : all.newest_) = older_;
  --all.count_;
}

Target::Target(TargetContext& context, Group& group, balance::Slot slot,
               std::shared_ptr<const TargetEntry> entry, std::shared_ptr<observe::TargetCounters> counters)
    : context_(context),
      group_(group),
      slot_(slot),
      entry_(std::move(entry)),
      address_text_(entry_->settings.address.to_string()),
      counters_(std::move(counters)) {}

const observe::AccessTarget& Target::access_part() {
  if (access_part_ == nullptr) {
    access_part_ = std::make_unique<const observe::AccessTarget>(group_.name(), address_text_, settings().id,
                                                                 settings().zone);
  }
  return *access_part_;
}

void Target::leave() {
  if (--users_ == 0) group_.on_left(*this);
}

wire::ClientStream* Target::open_kept(wire::ClientHandler& handler, const Approach& approach) {
  const auto last = std::find_if(idle_.rbegin(), idle_.rend(), [&](const TargetConnection* connection) {
    return connection->came_by(approach);
  });
  if (last == idle_.rend()) return nullptr;
  TargetConnection* const connection = *last;
  idle_.erase(std::next(last).base());
  connection->leave_idle();
  counters_->idle_connections.subtract();
  counters_->active_connections.add();
  connection->begin(handler);
  return connection;
}

std::expected<std::unique_ptr<net::ByteStream>, int> Target::connect() {
  auto stream = context_.connect(context_.wire.loop, settings().address);
  if (!stream && lacks_descriptor(stream.error()) && context_.idle.close_oldest()) {
    stream = context_.connect(context_.wire.loop, settings().address);
  }
  return stream;
}

std::unique_ptr<net::TlsStream> Target::secure(std::unique_ptr<net::ByteStream> stream,
                                               const Approach& approach) {
  return net::TlsStream::connect(
      context_.tls, std::move(stream), *group_.shared_settings()->tls,
      {.server_name = approach.server_name, .target = address_text_, .sessions = &context_.sessions});
}

std::expected<wire::ClientStream*, int> Target::open_new(wire::ClientHandler& handler,
                                                         const Approach& approach) {
  auto stream = connect();
  if (!stream) return std::unexpected(stream.error());
  if (!approach.preface.empty()) {
    *stream = std::make_unique<net::PrefacedStream>(std::move(*stream), approach.preface);
  }
  net::TlsStream* tls = nullptr;
  if (!approach.server_name.empty()) {
    auto secured = secure(std::move(*stream), approach);
    tls = secured.get();
    *stream = std::move(secured);
  }
  auto connection = std::make_unique<TargetConnection>(*this, std::move(*stream), tls, approach);
  connection->place_ = connections_.size();
  counters_->active_connections.add();
  connection->begin(handler);
  return connections_.emplace_back(std::move(connection)).get();
}

// Those of one approach take turns; one of another, which may never come again, makes room.
bool Target::may_stay(const TargetConnection& connection) {
  if (connection.epoch_ != group_.epoch()) return false;
  const std::size_t most = group_.max_idle(*this);
  if (idle_.size() < most) return true;
  if (most == 0 || !connection.approach_ || idle_.front()->came_by(*connection.approach_)) return false;
  idle_.front()->close();
  return true;
}

void Target::on_idle(wire::Http1Client& client) {
  auto& connection = static_cast<TargetConnection&>(client);
  if (!may_stay(connection)) return client.close();
  connection.enter_idle();
  idle_.push_back(&connection);
  counters_->active_connections.subtract();
  counters_->idle_connections.add();
  if (context_.idle.count_ > context_.idle.most_) context_.idle.close_oldest();
}

void Target::on_closed(wire::Http1Client& client) {
  auto& connection = static_cast<TargetConnection&>(client);
  if (connection.idle_) {
    idle_.erase(std::ranges::find(idle_, &connection));
    connection.leave_idle();
    counters_->idle_connections.subtract();
  } else {
    counters_->active_connections.subtract();
  }
  const std::size_t place = connection.place_;
  context_.wire.loop.reap(std::move(connections_[place]));
  if (place + 1 != connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place_ = place;
  }
  connections_.pop_back();
  if (connections_.empty()) group_.on_left(*this);
}

void Target::close_idle() {
  while (!idle_.empty()) idle_.back()->close();
}

void Target::cut() {
  close_idle();
  // A connection that is broken off leaves the list at once, another takes its place.
  for (std::size_t i = connections_.size(); i > 0; --i) {
    if (i > connections_.size()) continue;
    connections_[i - 1]->break_off({wire::Reason::drain_timeout, http::Problem::none, 0});
  }
}

}  // namespace weir::proxy
