#include "lb/server/dns_membership.h"

#include <algorithm>
#include <array>
#include <ranges>

namespace weir::server {

using base::SocketAddress;

namespace {

DnsResult result_of(net::DnsFailure failure) {
  switch (failure) {
    case net::DnsFailure::no_such_name: return DnsResult::nxdomain;
    case net::DnsFailure::no_data: return DnsResult::empty;
    default: return DnsResult::failed;
  }
}

// 0.0.0.0 and :: are what filters answer instead of an address; a connection there would end at this machine.
bool can_be_target(const SocketAddress& address) {
  const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
  const base::IpAddress& ip = address.ip();
  return address.port() != 0 &&
         !std::ranges::all_of(ip.bytes | std::views::drop(ip.is_v4() ? 12 : 0), is_zero);
}

}  // namespace

DnsMembership::Change DnsMembership::record(const std::expected<net::DnsAnswer, net::DnsFailure>& answer,
                                            base::Instant now) {
  Change change{.before = result_};
  if (!answer) {
    record_failure(result_of(answer.error()), now);
    return change;
  }
  const Weights names = named(*answer);
  if (names.empty()) {
    record_failure(DnsResult::empty, now);
  } else {
    record_answer(*answer, names, now, change);
  }
  return change;
}

void DnsMembership::record_failure(DnsResult result, base::Instant now) {
  constexpr unsigned kMostDoublings = 5;
  result_ = result;
  const unsigned doublings = std::min(failures_++, kMostDoublings);
  next_refresh_ = now + std::min<base::Duration>(std::chrono::seconds(1U << doublings), kMostBackOff);
}

// The first in order, so that all nodes agree.
DnsMembership::Weights DnsMembership::named(const net::DnsAnswer& answer) {
  Weights weights;
  const auto add = [&weights](const SocketAddress& address, std::uint64_t weight) {
    if (can_be_target(address)) weights[address] += weight;
  };
  for (const base::IpAddress& ip : answer.addresses) add({ip, settings_.port}, settings_.weight);
  for (const net::Service& service : answer.services) {
    // RFC 2782 gives a weight of 0 a very small chance beside others, and records that are all alike have it
    // too: the least weight that gets requests does for both.
    const std::uint64_t weight = std::max<std::uint64_t>(service.weight, 1) * settings_.weight;
    for (const base::IpAddress& ip : service.addresses) add({ip, service.port}, weight);
  }
  if (weights.empty()) return weights;
  const std::size_t kept = std::min(weights.size(), kMost);
  left_out_ = answer.left_out + weights.size() - kept;
  weights.erase(std::next(weights.begin(), static_cast<std::ptrdiff_t>(kept)), weights.end());
  scale(weights);
  return weights;
}

// SRV weights reach 65535, ours 999: they keep their proportions among each other, and none becomes 0.
void DnsMembership::scale(Weights& weights) const {
  const std::uint64_t greatest = std::ranges::max(weights | std::views::values);
  if (greatest <= model::kMostWeight) return;
  for (std::uint64_t& weight : weights | std::views::values) {
    weight = std::max<std::uint64_t>((weight * model::kMostWeight + greatest / 2) / greatest, 1);
  }
}

void DnsMembership::record_answer(const net::DnsAnswer& answer, const Weights& named, base::Instant now,
                                  Change& change) {
  missing_ = answer.missing;
  missing_why_ = answer.missing_why;
  result_ = left_out_ != 0 ? DnsResult::truncated : missing_.empty() ? DnsResult::ok : DnsResult::partial;
  failures_ = 0;
  next_refresh_ = now + std::clamp(answer.time_to_live, kLeastTime, kMostTime);
  for (const auto& [address, weight] : named) {
    const auto [member, is_new] = members_.try_emplace(address);
    member->second = {.weight = static_cast<std::uint32_t>(weight)};
    if (is_new) change.joined.push_back(address);
  }
  record_absence(answer, named, now, change);
}

// What a family that was not answered may have named is not taken for absent. Whoever stays on has no place
// that another one needs.
void DnsMembership::record_absence(const net::DnsAnswer& answer, const Weights& named, base::Instant now,
                                   Change& change) {
  std::size_t room = kMost - named.size();
  for (auto entry = members_.begin(); entry != members_.end();) {
    auto& [address, member] = *entry;
    if (named.contains(address)) {
      ++entry;
      continue;
    }
    const bool counts = address.ip().is_v4() ? answer.ipv4_complete : answer.ipv6_complete;
    if (counts && ++member.missed == 1) member.missed_since = now;
    const bool is_over = counts && member.missed >= 2 && now - member.missed_since >= kAbsence;
    if (is_over || room == 0) {
      change.left.push_back(address);
      entry = members_.erase(entry);
      continue;
    }
    const base::Instant over = std::max(member.missed_since + kAbsence, now + kLeastTime);
    if (counts) next_refresh_ = std::min(next_refresh_, over);
    --room;
    ++entry;
  }
}

}  // namespace weir::server
