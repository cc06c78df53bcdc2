#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lb/base/address.h"
#include "lb/wire/http1_server.h"

namespace weir::proxy {

class Exchange;
class Listener;

// One connection of a client: HTTP on it, and whose it is. Owned by its listener.
class Client final : public wire::Http1Server {
 public:
  Client(Listener& listener, std::unique_ptr<net::ByteStream> stream, const base::SocketAddress& peer);
  ~Client() override;

  Listener& listener() { return listener_; }
  const base::IpAddress& ip() const { return ip_; }
  const std::string& ip_text() const { return ip_text_; }  // "unix" for a unix socket
  bool is_unix() const { return unix_; }
  std::uint16_t port() const { return port_; }
  bool trusted() const { return trusted_; }  // stands in forwarded.trust

 private:
  friend class Listener;
  friend class Exchange;

  Listener& listener_;
  base::IpAddress ip_;
  std::uint16_t port_;
  bool unix_;
  bool trusted_ = false;
  std::string ip_text_;
  std::size_t place_ = 0;               // in the listener's list
  std::unique_ptr<Exchange> exchange_;  // the request under way
};

}  // namespace weir::proxy
