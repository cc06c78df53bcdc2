#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "lb/net/message_channel.h"
#include "lb/server/inherited_sockets.h"

namespace weir::server::upgrade {

// What a process gives the one that is to take over, before that has read its configuration: what it needs to
// begin with. Nothing of it is used up by that.
struct Offer {
  InheritedSockets sockets;
  std::string via_token;    // that stands in no file; empty: none
  std::string cookie_keys;  // likewise, as the text of a key file
  std::string ticket_keys;  // of TLS, that stand in no file; empty: none
  net::Fd state_lock;       // invalid: none
};

using Send = std::function<void(net::Message)>;
// The error: a descriptor cannot be shared.
std::expected<void, std::string> write(const Offer& offer, const Send& send);

// An offer, and the way to the process that made it.
struct Received {
  Offer offer;
  net::Fd channel;
};

// If this process was started to take over: says hello and waits for the offer. Absent: it was not. To be
// called once, before any thread is started. Blocks.
std::expected<std::optional<Received>, std::string> receive_offer();

}  // namespace weir::server::upgrade
