#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lb/base/address.h"
#include "lb/http/head.h"

// Who the client is when proxies stand in between.
namespace weir::http {

bool is_trusted(const base::IpAddress& address, std::span<const base::Cidr> trust);

// Of the peer and the addresses in X-Forwarded-For, from right to left, the first that is not
// trusted; the leftmost if all are. What is no address ends the search: nobody vouches for what
// stands left of it.
base::IpAddress client_address(const base::IpAddress& peer, const FieldList& fields,
                               std::span<const base::Cidr> trust);

// One element of X-Forwarded-For: an address, in brackets or not, with or without a port.
std::optional<base::IpAddress> read_forwarded_address(std::string_view element);

// How many addresses X-Forwarded-For has.
std::size_t count_forwarded_addresses(const FieldList& fields);

}  // namespace weir::http
