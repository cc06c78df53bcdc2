#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <vector>

#include "lb/net/tls_client_sessions.h"
#include "lb/net/tls_stream.h"
#include "lb/observe/access_parts.h"
#include "lb/observe/counters.h"
#include "lb/proxy/approach.h"
#include "lb/proxy/group_view.h"
#include "lb/proxy/target_connection.h"

namespace weir::proxy {

class Group;

// Begins a connection to a target, as net::TcpStream::connect() does; a seam for streams that are no
// sockets. The error is an errno.
using Connector = std::function<std::expected<std::unique_ptr<net::ByteStream>, int>(
    net::Loop& loop, const base::SocketAddress& to)>;

// Takes what may be large and nobody needs any more on this thread.
using Dispose = std::function<void(std::shared_ptr<const void> gone)>;

// What the targets of one worker share.
struct TargetContext {
  wire::Context& wire;
  wire::Http1Client::Actives& http1;
  wire::Http2Client::Shared& http2;
  IdleConnections& idle;
  net::TlsScratch& tls;
  net::TlsClientSessions& sessions;
  const Connector& connect;
  const std::function<void(FailingTarget)>& on_failing;
  // Lets Group::serve_waiting() run on that worker, soon.
  const std::function<void(unsigned worker, const std::string& group)>& wake;
  // A group that was retired has no connection any more.
  const std::function<void(Group& group)>& on_group_left;
  const Dispose& dispose;
};

// One target as one worker knows it: its connections, and what it counts. Connections are kept for
// the next request, the one used last first; more than keepalive.max_idle only for kSpareTime after their
// last one, since a burst that has just ended may come again. Those of HTTP/2 take requests as long as they
// have room. Owned by its group, which keeps it until nobody uses it, though it may have left the group long
// before.
class Target final : wire::ClientOwner, wire::Http2ClientOwner {
 public:
  static constexpr base::Duration kSpareTime = std::chrono::seconds(5);

  Target(TargetContext& context, Group& group, balance::Slot slot, std::shared_ptr<const TargetEntry> entry,
         std::shared_ptr<observe::TargetCounters> counters);

  // An exchange that will ask for its settings or counts: it stays until leave().
  void enter() { ++users_; }
  void leave();

  // An exchange over a connection that is there, and came by the same approach; null: there is none. One of
  // HTTP/2 may still be connecting.
  wire::ClientStream* open_kept(wire::ClientHandler& handler, const Approach& approach);
  // Over one that is being made; the error is an errno. Without a free descriptor an idle connection, to
  // whichever target, gives its own.
  std::expected<wire::ClientStream*, int> open_new(wire::ClientHandler& handler, const Approach& approach);

  Group& group() { return group_; }
  const TargetContext& context() const { return context_; }
  IdleConnections& idle_connections() { return context_.idle; }
  balance::Slot slot() const { return slot_; }
  const TargetEntry& entry() const { return *entry_; }
  const std::shared_ptr<const TargetEntry>& shared_entry() const { return entry_; }
  // Whether what is counted for `entry` is counted here: the same target, under the same name.
  bool counts_as(const TargetEntry& entry) const {
    return entry.state == entry_->state && entry.settings.id == settings().id &&
           entry.settings.zone == settings().zone;
  }
  const model::Target& settings() const { return entry_->settings; }
  const std::string& address_text() const { return address_text_; }
  const observe::AccessTarget& access_part();  // made when it is first asked for
  observe::TargetCounters& counters() { return *counters_; }

  void set_entry(std::shared_ptr<const TargetEntry> entry) { entry_ = std::move(entry); }
  // Ends all idle connections.
  void close_idle();
  // Breaks the exchanges off that are under way.
  void cut();
  // A request of this session was answered here.
  void count_session(std::uint64_t session, base::Instant now) {
    if (entry_->sessions) entry_->sessions->add(session, now);
  }
  bool unused() const { return users_ == 0 && connections_.empty() && shared_.empty(); }

 private:
  // As whose owner alone they know it.
  friend class TargetConnection;
  friend class SharedTargetConnection;

  // A connection that has begun, with whatever stands before HTTP.
  struct Begun {
    std::unique_ptr<net::ByteStream> stream;
    net::TlsStream* tls = nullptr;  // of it; null: in the clear
  };

  std::expected<Begun, int> begin(const Approach& approach);
  std::expected<std::unique_ptr<net::ByteStream>, int> connect();
  std::unique_ptr<net::TlsStream> secure(std::unique_ptr<net::ByteStream> stream, const Approach& approach);
  std::size_t expected_streams();
  void note_allowed_streams(const SharedTargetConnection& settled);
  wire::ClientStream* open_shared(wire::ClientHandler& handler, const Approach& approach);
  bool keep(TargetLink& connection);  // idle, for another request; false: it has to close
  void leave_rest(TargetLink& connection);
  void close_spare();
  void count_closed(TargetLink& connection);
  void on_idle(wire::Http1Client& connection) override;
  void on_closed(wire::Http1Client& connection) override;
  void on_room(wire::Http2Client& connection) override;
  void on_closed(wire::Http2Client& connection) override;

  TargetContext& context_;
  Group& group_;
  const balance::Slot slot_;
  std::shared_ptr<const TargetEntry> entry_;
  const std::string address_text_;
  std::unique_ptr<const observe::AccessTarget> access_part_;
  std::shared_ptr<observe::TargetCounters> counters_;
  std::size_t users_ = 0;
  std::vector<std::unique_ptr<TargetConnection>> connections_;
  std::vector<std::unique_ptr<SharedTargetConnection>> shared_;
  std::vector<TargetLink*> idle_;  // of both, in the order of their last use
  net::Deadline spare_;            // of those that are too many
  std::size_t expected_streams_ = wire::Http2Client::kExpectedStreams;  // as the last one of HTTP/2 had it
};

}  // namespace weir::proxy
