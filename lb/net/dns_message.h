#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/clock.h"

// Answers of DNS servers as values (RFC 1035, 2782, 3596). Pure, and made for hostile bytes.
namespace weir::net {

enum class DnsType : std::uint16_t { a = 1, cname = 5, aaaa = 28, srv = 33 };

enum class DnsFailure : std::uint8_t {
  no_such_name,    // NXDOMAIN
  no_data,         // the name exists and has none of what was asked for
  server_failure,  // SERVFAIL, NOTIMP or FORMERR
  refused,         // REFUSED, or nothing listens at any server's address
  timeout,
  malformed,  // the name or the answer
};
std::string_view word(DnsFailure failure);

// A server answered, and there is nothing there.
constexpr bool is_answer(DnsFailure failure) {
  return failure == DnsFailure::no_such_name || failure == DnsFailure::no_data;
}

struct ServiceRecord {
  std::string host;  // in lower case
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  auto operator<=>(const ServiceRecord&) const = default;
};

struct DnsRecords {
  base::Duration time_to_live{0};  // the least of all records and of the aliases that lead to them
  std::vector<base::IpAddress> addresses = {};
  std::vector<ServiceRecord> services = {};
};

// The records of `type` in the answer section of `message`: at least one. Those of the additional section are
// left where they are: nobody vouches for them.
std::expected<DnsRecords, DnsFailure> read_dns_answer(std::span<const std::uint8_t> message, DnsType type);

}  // namespace weir::net
