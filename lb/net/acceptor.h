#pragma once

#include <functional>

#include "lb/base/address.h"
#include "lb/net/fd.h"
#include "lb/net/watcher.h"

namespace weir::net {

// Accepts the connections of one listening socket, on one loop. Sockets that it hands out are
// non-blocking. Out of descriptors it tells its owner and stops, until resume().
class Acceptor {
 public:
  // Accepts until nothing waits, `batch` at a time so that a flood leaves room for others.
  struct Handler {
    virtual void on_accept(Acceptor& acceptor, Fd socket, const sockaddr_storage& peer, socklen_t length) = 0;
    virtual void on_accept_failed(Acceptor& acceptor,
                                  int error) = 0;  // EMFILE, ENFILE, ENOMEM, ENOBUFS: paused now

   protected:
    ~Handler() = default;
  };

  // `shared`: other loops poll the same descriptor, so one connection is taken per wake-up.
  Acceptor(Loop& loop, Fd socket, bool shared, Handler& handler);

  void pause() { watcher_.set(0); }
  void resume() { watcher_.set(Watcher::kReadable); }
  bool paused() const { return watcher_.events() == 0; }

  // For a socket that ends while another one of its port goes on. Connections that clients begin from now on
  // are not heard of: their systems ask again in a second (RFC 6298 2), and get the other socket. Those that
  // have begun still come to their end and are accepted, which takes them a round trip: without this they
  // would be reset. Whoever else accepts from this socket hears of no new ones, either.
  void turn_away();

  // Accepts all that waits now, in any number: what is left in the queue when the socket is closed
  // would be reset.
  void accept_all();

 private:
  void accept_some(unsigned most);
  static void on_events(void* self, int events);

  Fd socket_;
  Watcher watcher_;
  bool shared_;
  Handler& handler_;
};

}  // namespace weir::net
