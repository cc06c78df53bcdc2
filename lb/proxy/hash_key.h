#pragma once

#include <cstdint>
#include <optional>

#include "lb/base/address.h"
#include "lb/http/head.h"
#include "lb/model/target_group.h"

// What consistent_hash keeps together. Pure.
namespace weir::proxy {

// Of the part of a request that `key` names; absent: the request has none. `source` is the client.
std::optional<std::uint64_t> hash_of(const model::HashKey& key, const http::RequestHead& request,
                                     const base::IpAddress& source);

// Of the address of a target: the same at every start and on every node.
std::uint64_t identity_of(const base::SocketAddress& target);

}  // namespace weir::proxy
