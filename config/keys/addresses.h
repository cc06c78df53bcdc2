#pragma once

#include "config/keys/codec.h"
#include "lb/base/address.h"

namespace weir::config {

enum class AddressUse {
  bind,    // port 0 lets the system choose; unix:/path too
  target,  // an IP address and a port
};

// An address with its port. Each way to get one wrong has a message of its own.
Codec<base::SocketAddress> address(AddressUse use);

}  // namespace weir::config
