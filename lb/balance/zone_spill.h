#pragma once

#include <algorithm>
#include <cstdint>

namespace weir::balance {

// How much a zone may be asked to carry beyond its part before requests leave it (Envoy: overprovisioning
// factor).
inline constexpr double kOverprovision = 1.4;

// Sums of weights.
struct ZoneWeights {
  std::uint64_t own_usable = 0;
  std::uint64_t own_counted = 0;  // usable or failed
  std::uint64_t others_usable = 0;
};

// With `cross_zone: prefer`: the part of the requests that stays in the own zone; the rest goes to the others
// in proportion to their usable weight.
inline double zone_keeps(const ZoneWeights& weights) {
  if (weights.own_usable == 0 || weights.own_counted == 0) return 0;
  if (weights.others_usable == 0) return 1;
  return std::min(1.0, kOverprovision * static_cast<double>(weights.own_usable) /
                           static_cast<double>(weights.own_counted));
}

}  // namespace weir::balance
