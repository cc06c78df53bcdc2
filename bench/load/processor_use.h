#pragma once

#include <pthread.h>

#include <optional>
#include <string>
#include <vector>

#include "bench/measure/process_cpu.h"

namespace weir::bench {

// Who had used how much of the processors at a point in time.
struct ProcessorUse {
  base::Instant at{};
  ProcessCpu::Times own{};
  std::vector<base::Duration> threads{};      // of each thread that was asked for
  std::optional<ProcessCpu::Times> target{};  // absent: not asked for, or gone
  base::Duration machine_all{0};              // of all cores together, idle or not
  base::Duration machine_idle{0};

  static ProcessorUse now(const std::vector<pthread_t>& threads, std::optional<pid_t> target);
};

// The first line of /proc/stat, in clock ticks: {all, idle}.
std::pair<std::uint64_t, std::uint64_t> parse_machine_ticks(const std::string& line);

}  // namespace weir::bench
