#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/net/dns_channel.h"
#include "lb/net/dns_message.h"
#include "lb/net/loop.h"

namespace weir::net {

// A host and port that a SRV record names.
struct Service {
  std::string host;
  std::uint16_t port = 0;
  std::uint16_t weight = 0;
  std::vector<base::IpAddress> addresses;  // sorted, each once; may be empty
};

struct DnsAnswer {
  base::Duration time_to_live{0};               // the least of all that it was made of
  std::vector<base::IpAddress> addresses = {};  // sorted, each once
  std::vector<Service> services = {};           // sorted by host and port
  // Whether every server that was asked for addresses of this family answered. If not, others may exist.
  bool ipv4_complete = true;
  bool ipv6_complete = true;
  std::size_t left_out = 0;  // records and addresses beyond Resolver::kMost
  // The first host of an SRV record of which no address is known, and why; empty: none.
  std::string missing = {};
  DnsFailure missing_why = DnsFailure::no_data;
};

// What DNS says about names, over IPv4 and IPv6: the answer of one family is enough. Never waits, never
// caches, never reads /etc/hosts. On the loop's thread.
class Resolver {
 public:
  // Of the records and, with Kind::services, of all their addresses.
  static constexpr std::size_t kMost = 1024;

  enum class Kind : std::uint8_t {
    addresses,  // A and AAAA
    services,   // SRV: the records of the lowest priority (RFC 2782), then A and AAAA of their hosts
  };
  using Callback = std::move_only_function<void(std::expected<DnsAnswer, DnsFailure>)>;

  // Let go while it is under way, it calls nobody back.
  class Query;
  using QueryPtr = std::shared_ptr<Query>;

  Resolver(Loop& loop, const ResolverOptions& options);
  // Queries under way call nobody back; they may outlive it, but not the loop.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls back once, later, with nothing of the resolver on the stack: the callback may destroy the query and
  // the resolver.
  QueryPtr query(const std::string& name, Kind kind, Callback callback);

 private:
  const base::Duration patience_;  // with what is not answered yet, once there are addresses
  const std::shared_ptr<DnsChannel> channel_;
};

}  // namespace weir::net
