#pragma once

#include <string_view>

#include "lb/net/proxy_header.h"

// The readers of the two versions; read_proxy_header() chooses between them.
namespace weir::net {

// `bytes` begin with the whole of proxy_format::kV1Start.
ProxyReadResult read_proxy_v1(std::string_view bytes);

// `bytes` begin with the whole of proxy_format::kSignature.
ProxyReadResult read_proxy_v2(std::string_view bytes);

}  // namespace weir::net
