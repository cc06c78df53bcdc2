#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lb/base/random.h"
#include "lb/http/head.h"

// How an HTTP/1.1 connection becomes a WebSocket one (RFC 6455 4), as decisions about heads. Pure.
namespace weir::bench::websocket {

// The Sec-WebSocket-Accept that answers this Sec-WebSocket-Key.
std::string accept_key(std::string_view key);

// Whether a request asks for the upgrade, rightly or not. Anything else is an ordinary request.
bool asks_for_upgrade(const http::RequestHead& request);

// The Sec-WebSocket-Accept of the 101 that answers such a request; else the status to refuse it with: 400, or
// 426 for another version of the protocol, which goes with a `Sec-WebSocket-Version: 13`.
std::expected<std::string, std::uint16_t> accept_upgrade(const http::RequestHead& request);

// The client's side: a key, the fields that ask with it (Connection is the writer's), and whether the answer
// to them is a right 101.
std::string make_key(base::Random& random);
void add_upgrade_fields(std::string_view key, http::FieldList& fields);
bool is_upgraded(const http::ResponseHead& response, std::string_view key);

}  // namespace weir::bench::websocket
