#pragma once

#include "config/keys/codec.h"

namespace weir::config {

// A name to look up. One that is an IP address is told to be written as such.
Codec<std::string> dns_name();

}  // namespace weir::config
