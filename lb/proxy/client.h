#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lb/base/address.h"
#include "lb/net/acceptor.h"
#include "lb/observe/access_parts.h"
#include "lb/wire/http1_server.h"

namespace weir::proxy {

class Exchange;
class Listener;
class ListenerView;

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

// One connection of a client: HTTP on it, and whose it is. Owned by its listener.
class Client final : public wire::Http1Server {
 public:
  Client(Listener& listener, Entrance& entrance, std::unique_ptr<net::ByteStream> stream,
         const base::SocketAddress& peer);
  ~Client() override;

  Listener& listener() { return listener_; }
  const Entrance& entrance() const { return entrance_; }
  const base::IpAddress& ip() const { return ip_; }
  const std::string& ip_text() const { return ip_text_; }  // "unix" for a unix socket
  const observe::AccessClient& access_part();              // made when it is first asked for
  bool is_unix() const { return unix_; }
  std::uint16_t port() const { return port_; }
  // Stands in forwarded.trust of the view that its last request began with.
  bool trusted() const { return trusted_; }

 private:
  friend class Listener;
  friend class Exchange;

  // A request of it goes by this view.
  void meet(const ListenerView& view);

  Listener& listener_;
  Entrance& entrance_;
  base::IpAddress ip_;
  std::uint16_t port_;
  bool unix_;
  bool trusted_ = false;
  bool counted_ = false;     // among its source's connections
  std::uint64_t met_ = 0;    // the view
  std::uint32_t place_ = 0;  // in the listener's list
  std::string ip_text_;
  std::unique_ptr<const observe::AccessClient> access_part_;
  std::unique_ptr<Exchange> exchange_;  // the request under way
};

}  // namespace weir::proxy
