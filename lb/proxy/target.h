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
#include "lb/wire/http1_client.h"

namespace weir::proxy {

class Group;
class Target;

// All idle connections of one worker, the least recently used first: the cap of the whole falls on
// that one, whichever target it leads to.
class IdleConnections {
 public:
  explicit IdleConnections(std::size_t most) : most_(most) {}

 private:
  friend class Target;
  friend class TargetConnection;
  bool close_oldest();  // false: there is none

  class TargetConnection* oldest_ = nullptr;
  class TargetConnection* newest_ = nullptr;
  std::size_t count_ = 0;
  std::size_t most_;
};

// Begins a connection to a target, as net::TcpStream::connect() does; a seam for streams that are no
// sockets. The error is an errno.
using Connector = std::function<std::expected<std::unique_ptr<net::ByteStream>, int>(
    net::Loop& loop, const base::SocketAddress& to)>;

// Takes what may be large and nobody needs any more on this thread.
using Dispose = std::function<void(std::shared_ptr<const void> gone)>;

// What the targets of one worker share.
struct TargetContext {
  wire::Context& wire;
  wire::Http1Client::Actives& actives;
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

// One connection to a target, in use or idle. Owned by its target.
class TargetConnection final : public wire::Http1Client {
 public:
  // `tls`: the stream itself; null: in the clear.
  TargetConnection(Target& target, std::unique_ptr<net::ByteStream> stream, net::TlsStream* tls,
                   const Approach& approach);
  ~TargetConnection() override;
  TargetConnection(const TargetConnection&) = delete;
  TargetConnection& operator=(const TargetConnection&) = delete;

 private:
  friend class Target;
  void enter_idle();
  void leave_idle();
  bool came_by(const Approach& approach) const;
  wire::Failure explained(const wire::Failure& failure) override;
  bool end_is_doubtful() const override { return tls_ != nullptr && tls_->truncated(); }

  Target& target_;
  net::TlsStream* const tls_;
  const std::unique_ptr<const Approach> approach_;  // null: a plain one
  const std::uint32_t epoch_;                       // of the group, when it was made
  std::size_t place_ = 0;                           // in the target's list
  TargetConnection* older_ = nullptr;
  TargetConnection* newer_ = nullptr;
  bool idle_ = false;
};

// One target as one worker knows it: its connections, and what it counts. Connections are kept for
// the next request, the one used last first. Owned by its group, which keeps it until nobody uses it,
// though it may have left the group long before.
class Target final : wire::ClientOwner {
 public:
  Target(TargetContext& context, Group& group, balance::Slot slot, std::shared_ptr<const TargetEntry> entry,
         std::shared_ptr<observe::TargetCounters> counters);

  // An exchange that will ask for its settings or counts: it stays until leave().
  void enter() { ++users_; }
  void leave();

  // An exchange over a connection that is there, and came by the same approach; null: there is none.
  wire::ClientStream* open_kept(wire::ClientHandler& handler, const Approach& approach);
  // Over one that is being made; the error is an errno. Without a free descriptor an idle connection, to
  // whichever target, gives its own.
  std::expected<wire::ClientStream*, int> open_new(wire::ClientHandler& handler, const Approach& approach);

  Group& group() { return group_; }
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
  bool unused() const { return users_ == 0 && connections_.empty(); }

 private:
  friend class TargetConnection;
  std::expected<std::unique_ptr<net::ByteStream>, int> connect();
  std::unique_ptr<net::TlsStream> secure(std::unique_ptr<net::ByteStream> stream, const Approach& approach);
  bool may_stay(const TargetConnection& connection);
  void on_idle(wire::Http1Client& connection) override;
  void on_closed(wire::Http1Client& connection) override;

  TargetContext& context_;
  Group& group_;
  const balance::Slot slot_;
  std::shared_ptr<const TargetEntry> entry_;
  const std::string address_text_;
  std::unique_ptr<const observe::AccessTarget> access_part_;
  std::shared_ptr<observe::TargetCounters> counters_;
  std::size_t users_ = 0;
  std::vector<std::unique_ptr<TargetConnection>> connections_;
  std::vector<TargetConnection*> idle_;
};

}  // namespace weir::proxy
