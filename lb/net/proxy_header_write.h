#pragma once

#include <string>

#include "lb/net/proxy_header.h"

namespace weir::net {

// Appends the header of `header.version` as a target gets it, in front of everything else and never again on
// its connection. Pure; at most kProxyHeaderBytes, and read_proxy_header() understands it.
//
// Version 1 knows no fields, and no addresses but those of IP: without any it says UNKNOWN, and so it does
// for `local`. Version 2 says PROXY with an unspecified family then, and LOCAL for `local`, with nothing
// behind. Where only one end is IPv4, it is mapped into IPv6. Texts that are longer than the reader keeps are
// left out.
void write_proxy_header(std::string& out, const ProxyHeader& header);

}  // namespace weir::net
