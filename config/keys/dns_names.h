#pragma once

#include "config/keys/codec.h"

namespace weir::config {

// A name to look up. One that is an IP address is told to be written as such.
Codec<std::string> dns_name();

// Whose certificate is asked for: such a name, in small letters and without a dot at its end, or an IP
// address.
Codec<std::string> server_name();

}  // namespace weir::config
