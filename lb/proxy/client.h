#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lb/base/address.h"
#include "lb/net/acceptor.h"
#include "lb/wire/http1_server.h"

namespace weir::proxy {

class Exchange;
class Listener;

// A socket by which clients come to a listener. Stays while one of them is there.
struct Entrance {
  std::uint16_t port = 0;                        // as clients see it; 0: none
  std::string port_text = {};                    // the same; empty: none
  std::unique_ptr<net::Acceptor> acceptor = {};  // null once the listener accepts no more
};

inline const Entrance kNoEntrance;

// One connection of a client: HTTP on it, and whose it is. Owned by its listener.
class Client final : public wire::Http1Server {
 public:
  Client(Listener& listener, const Entrance& entrance, std::unique_ptr<net::ByteStream> stream,
         const base::SocketAddress& peer);
  ~Client() override;

  Listener& listener() { return listener_; }
  const Entrance& entrance() const { return entrance_; }
  const base::IpAddress& ip() const { return ip_; }
  const std::string& ip_text() const { return ip_text_; }  // "unix" for a unix socket
  bool is_unix() const { return unix_; }
  std::uint16_t port() const { return port_; }
  bool trusted() const { return trusted_; }  // stands in forwarded.trust

 private:
  friend class Listener;
  friend class Exchange;

  Listener& listener_;
  const Entrance& entrance_;
  base::IpAddress ip_;
  std::uint16_t port_;
  bool unix_;
  bool trusted_ = false;
  std::uint32_t place_ = 0;  // in the listener's list
  std::string ip_text_;
  std::unique_ptr<Exchange> exchange_;  // the request under way
};

}  // namespace weir::proxy
