#pragma once

#include <expected>
#include <optional>

#include "lb/model/snapshot.h"
#include "lb/net/listen.h"
#include "lb/server/inherited_sockets.h"
#include "lb/server/start_error.h"

// The sockets of the admin API.
namespace weir::server {

// Taken out of those that are inherited; absent: they are to be made, or it is off.
std::optional<net::ListeningSockets> inherit_admin(const model::Admin& admin, InheritedSockets& inherited);

// Made, for the bind that it has.
std::expected<net::ListeningSockets, StartError> listen_for_admin(const model::Admin& admin);

}  // namespace weir::server
