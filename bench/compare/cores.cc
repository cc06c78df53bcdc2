#include "bench/compare/cores.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>

#include "lb/base/text.h"

namespace weir::bench::compare {

Cores assign_cores(const std::vector<unsigned>& available) {
  const auto nth = [&](std::size_t wanted) { return available[std::min(wanted, available.size() - 1)]; };
  return {.proxy = nth(0),
          .load = nth(1),
          .target = nth(2),
          .second_worker = available.size() > 3 ? available[3] : available[0]};
}

std::expected<Cores, std::string> parse_cores(std::string_view text, const std::vector<unsigned>& available) {
  std::vector<unsigned> cores;
  bool valid = true;
  base::for_each_list_element(text, [&](std::string_view word) {
    const auto number = base::parse_decimal(word);
    valid = valid && number && *number < CPU_SETSIZE;
    if (valid) cores.push_back(static_cast<unsigned>(*number));
  });
  if (!valid || cores.size() < 2 || cores.size() > 3) {
    return std::unexpected("expected the cores of proxy, load and targets, such as 0,1,2");
  }
  for (const unsigned core : cores) {
    if (std::ranges::find(available, core) == available.end()) {
      return std::unexpected(
          fmt::format("core {} is not among those that may be used: {}", core, fmt::join(available, ", ")));
    }
  }
  unsigned spare = cores[0];
  for (const unsigned core : available) {
    if (std::ranges::find(cores, core) == cores.end()) spare = core;
  }
  return Cores{.proxy = cores[0], .load = cores[1], .target = cores.back(), .second_worker = spare};
}

std::vector<unsigned> available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<unsigned> cores;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
  }
  if (cores.empty()) cores.push_back(0);
  return cores;
}

std::string describe(const Cores& cores) {
  if (cores.proxy == cores.load) return fmt::format("all on core {}", cores.proxy);
  if (cores.load == cores.target) {
    return fmt::format("proxy on core {}, load and targets on core {}", cores.proxy, cores.load);
  }
  return fmt::format("proxy on core {}, load on core {}, targets on core {}", cores.proxy, cores.load,
                     cores.target);
}

}  // namespace weir::bench::compare
