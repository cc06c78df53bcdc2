#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench::compare {

// Which core runs what. With two, load and targets share one; with one, all do and nothing is comparable.
struct Cores {
  unsigned proxy = 0;
  unsigned load = 0;
  unsigned target = 0;
  unsigned second_worker = 0;  // the proxy's own unless a fourth core is there

  bool operator==(const Cores&) const = default;
};

// Of the cores that this process may use, in order; there is at least one.
Cores assign_cores(const std::vector<unsigned>& available);

// "0,1" or "0,1,2": of the proxy, the load and the targets, which share the load's if it is left out.
std::expected<Cores, std::string> parse_cores(std::string_view text, const std::vector<unsigned>& available);

// Those that this process may use.
std::vector<unsigned> available_cores();

// "proxy on core 0, load and targets on core 1"
std::string describe(const Cores& cores);

}  // namespace weir::bench::compare
