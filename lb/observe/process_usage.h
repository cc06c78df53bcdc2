#pragma once

#include <cstdint>

namespace weir::observe {

// What this process takes of the machine, as /proc tells; 0 where it does not.
struct ProcessUsage {
  double cpu_seconds = 0;
  double start_time_seconds = 0;  // since 1970
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;
  std::uint64_t threads = 0;

  static ProcessUsage now();
};

}  // namespace weir::observe
