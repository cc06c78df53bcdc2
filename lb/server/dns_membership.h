#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lb/base/clock.h"
#include "lb/model/target_group.h"
#include "lb/net/resolver.h"

namespace weir::server {

// In the order of observe::kDnsResults.
enum class DnsResult : std::uint8_t {
  ok,
  nxdomain,   // there is no such name
  empty,      // it has no addresses
  failed,     // no server could say
  truncated,  // ok, with more than DnsMembership::kMost addresses
  partial,    // ok, but not for every host of its SRV records
};

// Which addresses a name stands for, as its answers come in, and when to ask again: when the shortest TTL is
// over, within 1 s and 1 h; after a failure in 1 s, 2 s, 4 s ... 30 s. An answer that names nothing, or none
// at all, changes nothing. Knows no clock.
class DnsMembership {
 public:
  static constexpr std::size_t kMost = net::Resolver::kMost;
  static constexpr base::Duration kLeastTime = std::chrono::seconds(1);
  static constexpr base::Duration kMostTime = std::chrono::hours(1);
  static constexpr base::Duration kMostBackOff = std::chrono::seconds(30);
  // An address that two answers in a row leave out stays for this long: some servers name a part in turn.
  static constexpr base::Duration kAbsence = std::chrono::seconds(30);

  struct Member {
    std::uint32_t weight = 1;
    unsigned missed = 0;           // answers in a row that left it out
    base::Instant missed_since{};  // the first of them
    bool operator==(const Member&) const = default;
  };
  struct Change {
    DnsResult before = DnsResult::ok;
    std::vector<base::SocketAddress> joined = {};
    std::vector<base::SocketAddress> left = {};
  };

  explicit DnsMembership(model::DnsTarget settings) : settings_(std::move(settings)) {}

  // Their weight counts from the next answer on.
  void set_settings(model::DnsTarget settings) { settings_ = std::move(settings); }

  // Those that are not among them yet: known from before, until an answer says otherwise.
  using Members = std::map<base::SocketAddress, Member>;
  void adopt(const Members& members) { members_.insert(members.begin(), members.end()); }
  Change record(const std::expected<net::DnsAnswer, net::DnsFailure>& answer, base::Instant now);

  const Members& members() const { return members_; }
  DnsResult result() const { return result_; }
  // With `partial`: the host, and why.
  const std::string& missing() const { return missing_; }
  net::DnsFailure missing_why() const { return missing_why_; }
  std::size_t left_out() const { return left_out_; }  // by the last good answer
  base::Instant next_refresh() const { return next_refresh_; }

 private:
  using Weights = std::map<base::SocketAddress, std::uint64_t>;

  Weights named(const net::DnsAnswer& answer);
  void scale(Weights& weights) const;
  void record_failure(DnsResult result, base::Instant now);
  void record_answer(const net::DnsAnswer& answer, const Weights& named, base::Instant now, Change& change);
  void record_absence(const net::DnsAnswer& answer, const Weights& named, base::Instant now, Change& change);

  model::DnsTarget settings_;
  Members members_;
  DnsResult result_ = DnsResult::ok;
  std::size_t left_out_ = 0;
  std::string missing_;
  net::DnsFailure missing_why_ = net::DnsFailure::no_data;
  unsigned failures_ = 0;  // in a row
  base::Instant next_refresh_{};
};

}  // namespace weir::server
