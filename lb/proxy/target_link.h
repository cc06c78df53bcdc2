#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lb/base/clock.h"
#include "lb/net/tls_stream.h"
#include "lb/proxy/approach.h"
#include "lb/wire/seam.h"

namespace weir::proxy {

class Target;
class TargetLink;

// All idle connections of one worker, the least recently used first: the cap of the whole falls on
// that one, whichever target it leads to.
class IdleConnections {
 public:
  explicit IdleConnections(std::size_t most) : most_(most) {}

  bool close_oldest();  // false: there is none
  bool is_over() const { return count_ > most_; }

 private:
  friend class TargetLink;

  TargetLink* oldest_ = nullptr;
  TargetLink* newest_ = nullptr;
  std::size_t count_ = 0;
  std::size_t most_;
};

// What the connections to a target have in common, whichever protocol they speak.
class TargetLink {
 public:
  // `tls`: the connection's stream itself; null: in the clear.
  TargetLink(Target& target, net::TlsStream* tls, const Approach& approach);
  virtual ~TargetLink();
  TargetLink(const TargetLink&) = delete;
  TargetLink& operator=(const TargetLink&) = delete;

  // An exchange over it, which has room for one and is not idle.
  virtual wire::ClientStream& begin_exchange(wire::ClientHandler& handler) = 0;
  // Ends it now; it is idle.
  virtual void close_idle() = 0;

  bool is_plain() const { return approach_ == nullptr; }
  bool came_by(const Approach& approach) const;
  bool came_as(const TargetLink& other) const;
  // It was made as connections of its group are made now.
  bool is_current() const;

  bool idle() const { return idle_; }
  base::Instant idle_since() const { return idle_since_; }
  void enter_idle(base::Instant now);
  void leave_idle();

  std::size_t place = 0;  // in its target's list

 protected:
  Target& target() { return target_; }
  net::TlsStream* tls() const { return tls_; }
  // What TLS says of the end of a connection, which is told of; `failure` if it says nothing.
  wire::Failure explained_by_tls(const wire::Failure& failure);

 private:
  friend class IdleConnections;

  Target& target_;
  net::TlsStream* const tls_;
  const std::unique_ptr<const Approach> approach_;  // null: a plain one
  const std::uint32_t epoch_;                       // of the group, when it was made
  TargetLink* older_ = nullptr;
  TargetLink* newer_ = nullptr;
  base::Instant idle_since_{};
  bool idle_ = false;
};

}  // namespace weir::proxy
