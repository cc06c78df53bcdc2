#pragma once

#include <string_view>

namespace weir::model {

// What clients speak to a listener, or weir to the targets of a group. https is http over TLS; which version
// of HTTP it is, is settled on the connection.
enum class Protocol { http, https };

// The header that a connection begins with, for targets (HAProxy's proxy-protocol.txt).
enum class SentProxyHeader { off, v1, v2 };

std::string_view word(SentProxyHeader header);  // as in the configuration: "v2"

}  // namespace weir::model
