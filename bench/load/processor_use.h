#pragma once

#include <pthread.h>

#include <optional>
#include <vector>

#include "bench/measure/core_idle.h"
#include "bench/measure/process_cpu.h"

namespace weir::bench {

// Who had used how much of the processors at a point in time.
struct ProcessorUse {
  base::Instant at{};
  ProcessCpu::Times own{};
  std::vector<base::Duration> threads{};      // of each thread that was asked for
  std::optional<ProcessCpu::Times> target{};  // absent: not asked for, or gone
  std::vector<CoreIdle> cores{};              // of the machine

  static ProcessorUse now(const std::vector<pthread_t>& threads, std::optional<pid_t> target);
};

}  // namespace weir::bench
