#pragma once

#include <optional>
#include <string>

#include "lb/admin/message.h"
#include "lb/base/address.h"

namespace weir::admin {

// What an endpoint lets its caller do.
enum class Access {
  probe,   // says alive or ready, or is a file of the dashboard: to anybody who reaches the port
  read,    // tells about the daemon: needs the token unless the bind is local (loopback or unix)
  change,  // needs the token if one is set, and always if the bind is not local
};

// Decides who may ask what. Pure.
//
// A page in an operator's browser can reach a local port too. So whatever names a foreign Origin is refused;
// and whatever calls us by a foreign name (DNS rebinding), unless it knows the token. Our names are
// "localhost" and every IP address in digits: those no rebinding can produce.
class Gate {
 public:
  // `token` is empty if none is set.
  Gate(const base::SocketAddress& bind, std::string token);

  // Why the request is refused; absent if it may pass.
  std::optional<Response> refuse(const Request& request, Access access) const;

 private:
  bool knows_token(const Request& request) const;

  bool unix_;
  bool local_;
  std::string token_;
};

}  // namespace weir::admin
