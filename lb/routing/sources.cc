#include "lb/routing/sources.h"

#include <algorithm>
#include <ranges>
#include <tuple>

namespace weir::routing {
namespace {

base::IpAddress end_of(const base::Cidr& cidr, std::uint8_t fill) {
  base::IpAddress address = cidr.network;
  for (unsigned bit = 0; bit < 128; bit += 8) {
    if (bit + 8 <= cidr.prefix) continue;
    const unsigned kept = cidr.prefix > bit ? cidr.prefix - bit : 0;
    const auto mask = static_cast<std::uint8_t>(0xffU >> kept);
    std::uint8_t& byte = address.bytes[bit / 8];
    byte = static_cast<std::uint8_t>((byte & ~mask) | (fill & mask));
  }
  return address;
}

// False if there is none.
bool step_up(base::IpAddress& address) {
  for (std::uint8_t& byte : address.bytes | std::views::reverse) {
    if (++byte != 0) return true;
  }
  return false;
}

}  // namespace

struct SourceFilter::Network {
  base::IpAddress first;
  base::IpAddress last;
  unsigned prefix;
  bool allowed;
};

// Outer ones before what they hold; of the same twice, a denied one last, so that it has the last word.
std::vector<SourceFilter::Network> SourceFilter::networks_of(const model::Sources& sources) {
  std::vector<Network> networks;
  const auto add = [&](const std::vector<base::Cidr>& all, bool allowed) {
    for (const base::Cidr& cidr : all) {
      networks.push_back({end_of(cidr, 0), end_of(cidr, 0xff), cidr.prefix, allowed});
    }
  };
  add(sources.allow, true);
  add(sources.deny, false);
  std::ranges::sort(networks, [](const Network& a, const Network& b) {
    return std::tuple(a.first, a.prefix, !a.allowed) < std::tuple(b.first, b.prefix, !b.allowed);
  });
  return networks;
}

void SourceFilter::begin(const base::IpAddress& address, bool allowed) {
  if (!begins_.empty() && begins_.back() == address) {
    allowed_.back() = allowed;
  } else {
    begins_.push_back(address);
    allowed_.push_back(allowed);
  }
}

SourceFilter::SourceFilter(const model::Sources& sources) {
  const bool others = sources.allow.empty();
  begin(base::IpAddress(), others);
  std::vector<Network> open;
  const auto close_one = [&] {
    base::IpAddress next = open.back().last;
    open.pop_back();
    if (step_up(next)) begin(next, open.empty() ? others : open.back().allowed);
  };
  for (const Network& network : networks_of(sources)) {
    while (!open.empty() && open.back().last < network.first) close_one();
    open.push_back(network);
    begin(network.first, network.allowed);
  }
  while (!open.empty()) close_one();
}

bool SourceFilter::allows(const base::IpAddress& address) const {
  const auto after = std::ranges::upper_bound(begins_, address);
  return allowed_[static_cast<std::size_t>(after - begins_.begin()) - 1];
}

}  // namespace weir::routing
