#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/net/acceptor.h"

namespace weir::proxy {

class Listener;

// Of a bind address of the configuration; as long as that stands there, its sockets stay.
using BindNumber = std::uint64_t;

// A socket by which clients come to a listener. Stays while one of them is there.
struct Entrance {
  std::uint16_t port = 0;                        // as clients see it; 0: none
  std::string port_text = {};                    // the same; empty: none
  std::unique_ptr<net::Acceptor> acceptor = {};  // null once the listener accepts no more
  BindNumber bind = 0;
  std::size_t clients = 0;
};

// What a connection occupies of its listener from accept to its end.
struct Seat {
  Entrance* entrance = nullptr;
  base::SocketAddress peer;                                 // of the socket
  bool counted = false;                                     // among its source's connections
  std::unique_ptr<const base::SocketAddress> entered = {};  // the socket's own address; null: nobody needs it
};

// A connection of a client with a listener: one that opens, or HTTP over it. Owned by its listener, on its
// worker's thread; when it is over it tells the listener, which destroys it, not before the turn ends.
class Connection {
 public:
  Connection(Listener& listener, Seat seat) : listener_(listener), seat_(std::move(seat)) {}
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Ends in its own time: when what is under way is done, or after `quiet` without bytes.
  virtual void drain(base::Duration quiet) = 0;
  // Ends now.
  virtual void abort() = 0;

  Listener& listener() const { return listener_; }
  const Entrance& entrance() const { return *seat_.entrance; }

 protected:
  const Seat& seat() const { return seat_; }

 private:
  friend class Listener;

  Listener& listener_;
  Seat seat_;
  std::uint32_t place_ = 0;  // in the listener's list
};

}  // namespace weir::proxy
