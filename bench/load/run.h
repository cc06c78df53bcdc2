#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/plan.h"
#include "bench/load/tally.h"
#include "bench/measure/process_cpu.h"

namespace weir::bench {

// What a run measured, within its window.
struct Outcome {
  Tally tally;
  base::Duration measured{0};                 // length of the window
  ProcessCpu::Times own{};                    // processor time of the load generator's process
  double busiest_thread = 0;                  // of the load generator's: 1 is a whole core
  std::optional<ProcessCpu::Times> target{};  // of the process that was watched, if it lived
  double cores = 1;                           // of the machine
  double machine_busy = 0;                    // of all cores: 1 is all of them
};

struct Watched {
  // The process whose processor time is read, with its descendants; absent: none.
  std::optional<pid_t> process;
  // Called ten times a second or so, on the caller's thread: how much of the run is over (0 to 1, the warm-up
  // included) and how many requests have been answered since it began. May be empty.
  std::function<void(double part, std::uint64_t answered)> progress;
};

// Runs a plan on threads of its own, and waits for its end.
Outcome run(const LoadPlan& plan, const Watched& watched);

}  // namespace weir::bench
