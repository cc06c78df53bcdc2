#include "lb/proxy/target.h"

#include <algorithm>
#include <cerrno>

#include "lb/net/prefaced_stream.h"
#include "lb/proxy/group.h"

namespace weir::proxy {
namespace {

bool lacks_descriptor(int error) { return error == EMFILE || error == ENFILE; }

// Takes it out of the list, into which it goes with its place.
template <class Connection>
std::unique_ptr<Connection> take(std::vector<std::unique_ptr<Connection>>& list,
                                 const Connection& connection) {
  const std::size_t place = connection.place;
  std::unique_ptr<Connection> taken = std::move(list[place]);
  if (place + 1 != list.size()) {
    list[place] = std::move(list.back());
    list[place]->place = place;
  }
  list.pop_back();
  return taken;
}

}  // namespace

Target::Target(TargetContext& context, Group& group, balance::Slot slot,
               std::shared_ptr<const TargetEntry> entry, std::shared_ptr<observe::TargetCounters> counters)
    : context_(context),
      group_(group),
      slot_(slot),
      entry_(std::move(entry)),
      address_text_(entry_->settings.address.to_string()),
      counters_(std::move(counters)),
      spare_(context.wire.loop.timers(), this,
             [](void* self) { static_cast<Target*>(self)->close_spare(); }) {}

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

// --- exchanges

wire::ClientStream* Target::open_kept(wire::ClientHandler& handler, const Approach& approach) {
  if (group_.http2()) return open_shared(handler, approach);
  const auto last = std::find_if(idle_.rbegin(), idle_.rend(),
                                 [&](const TargetLink* connection) { return connection->came_by(approach); });
  if (last == idle_.rend()) return nullptr;
  TargetLink& connection = **last;
  leave_rest(connection);
  return &connection.begin_exchange(handler);
}

// The oldest that has room, so that those that were for a burst come to rest.
wire::ClientStream* Target::open_shared(wire::ClientHandler& handler, const Approach& approach) {
  const auto found = std::ranges::find_if(shared_, [&](const auto& connection) {
    return connection->room() != 0 && connection->is_current() && connection->came_by(approach);
  });
  if (found == shared_.end()) return nullptr;
  SharedTargetConnection& connection = **found;
  if (connection.idle()) leave_rest(connection);
  return &connection.begin_exchange(handler);
}

std::expected<wire::ClientStream*, int> Target::open_new(wire::ClientHandler& handler,
                                                         const Approach& approach) {
  auto begun = begin(approach);
  if (!begun) return std::unexpected(begun.error());
  counters_->active_connections.add();
  if (group_.http2()) {
    auto connection =
        std::make_unique<SharedTargetConnection>(*this, std::move(begun->stream), begun->tls, approach);
    connection->place = shared_.size();
    connection->expect_streams(expected_streams());
    return &shared_.emplace_back(std::move(connection))->begin_exchange(handler);
  }
  auto connection = std::make_unique<TargetConnection>(*this, std::move(begun->stream), begun->tls, approach);
  connection->place = connections_.size();
  return &connections_.emplace_back(std::move(connection))->begin_exchange(handler);
}

// --- connections

std::expected<Target::Begun, int> Target::begin(const Approach& approach) {
  auto stream = connect();
  if (!stream) return std::unexpected(stream.error());
  if (!approach.preface.empty()) {
    *stream = std::make_unique<net::PrefacedStream>(std::move(*stream), approach.preface);
  }
  if (approach.server_name.empty()) return Begun{*std::move(stream)};
  auto secured = secure(std::move(*stream), approach);
  net::TlsStream* const tls = secured.get();
  return Begun{std::move(secured), tls};
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
  net::TlsDestination destination{
      .server_name = approach.server_name, .target = address_text_, .sessions = &context_.sessions};
  if (group_.http2()) destination.alpn.emplace_back(kHttp2Alpn);
  return net::TlsStream::connect(context_.tls, std::move(stream), *group_.shared_settings()->tls,
                                 destination);
}

// Those of one approach take turns; one of another, which may never come again, makes room.
bool Target::keep(TargetLink& connection) {
  const std::size_t most = group_.max_idle(*this);
  if (most == 0 || !connection.is_current()) return false;
  if (idle_.size() >= most && !idle_.front()->came_as(connection)) idle_.front()->close_idle();
  connection.enter_idle(context_.wire.loop.now());
  idle_.push_back(&connection);
  counters_->active_connections.subtract();
  counters_->idle_connections.add();
  if (context_.idle.is_over()) context_.idle.close_oldest();
  if (spare_.at() == base::kNever && idle_.size() > most) {
    spare_.set(idle_.front()->idle_since() + kSpareTime);
  }
  return true;
}

void Target::leave_rest(TargetLink& connection) {
  idle_.erase(std::next(std::ranges::find(idle_.rbegin(), idle_.rend(), &connection)).base());
  connection.leave_idle();
  counters_->idle_connections.subtract();
  counters_->active_connections.add();
}

void Target::close_spare() {
  const wire::Turn::Scope scope(context_.wire.turn);
  spare_.clear();
  const base::Instant before = context_.wire.loop.now() - kSpareTime;
  const std::size_t most = group_.max_idle(*this);
  while (idle_.size() > most && idle_.front()->idle_since() <= before) idle_.front()->close_idle();
  if (idle_.size() > most) spare_.set(idle_.front()->idle_since() + kSpareTime);
}

void Target::count_closed(TargetLink& connection) {
  if (connection.idle()) leave_rest(connection);
  counters_->active_connections.subtract();
}

void Target::on_idle(wire::Http1Client& client) {
  auto& connection = static_cast<TargetConnection&>(client);
  if (!keep(connection)) client.close();
}

// The newest that knows: what it has refused may begin anew before it tells of its room.
std::size_t Target::expected_streams() {
  const auto settled = std::ranges::find_if(shared_.rbegin(), shared_.rend(),
                                            [](const auto& connection) { return connection->settled(); });
  if (settled != shared_.rend()) note_allowed_streams(**settled);
  return expected_streams_;
}

void Target::note_allowed_streams(const SharedTargetConnection& settled) {
  expected_streams_ = std::min(settled.allowed_streams(), wire::Http2Client::kExpectedStreams);
}

void Target::on_room(wire::Http2Client& client) {
  auto& connection = static_cast<SharedTargetConnection&>(client);
  if (connection.settled()) note_allowed_streams(connection);
  if (connection.open_streams() != 0 || connection.idle()) return;
  if (!keep(connection)) client.close();
}

void Target::on_closed(wire::Http1Client& client) {
  auto& connection = static_cast<TargetConnection&>(client);
  count_closed(connection);
  context_.wire.loop.reap(take(connections_, connection));
  if (connections_.empty()) group_.on_left(*this);
}

void Target::on_closed(wire::Http2Client& client) {
  auto& connection = static_cast<SharedTargetConnection&>(client);
  count_closed(connection);
  context_.wire.loop.reap(take(shared_, connection));
  if (shared_.empty()) group_.on_left(*this);
}

void Target::close_idle() {
  while (!idle_.empty()) idle_.back()->close_idle();
}

void Target::cut() {
  close_idle();
  const wire::Failure failure{wire::Reason::drain_timeout, http::Problem::none, 0};
  // A connection that is broken off leaves the list at once, another takes its place.
  for (std::size_t i = connections_.size(); i > 0; --i) {
    if (i <= connections_.size()) connections_[i - 1]->break_off(failure);
  }
  for (std::size_t i = shared_.size(); i > 0; --i) {
    if (i <= shared_.size()) shared_[i - 1]->break_off(failure);
  }
}

}  // namespace weir::proxy
