#pragma once

#include <sys/types.h>

#include <expected>
#include <string>

#include "lb/base/clock.h"

namespace weir::bench {

// The processor time that a process and its living descendants have used. The sum is exact to the nanosecond,
// its split into user and system is the kernel's estimate. One that ends takes its time with it, so measure
// trees that keep their workers. Any thread.
class ProcessCpu {
 public:
  struct Times {
    base::Duration user{0};
    base::Duration system{0};
    base::Duration total() const { return user + system; }
    bool operator==(const Times&) const = default;
  };

  explicit ProcessCpu(pid_t root) : root_(root) {}

  // Since the processes began. The error says that there is no such process.
  std::expected<Times, std::string> now() const;

 private:
  pid_t root_;
};

// `exact`, split as the clock ticks that the kernel counted are.
ProcessCpu::Times split_by_ticks(base::Duration exact, double user_ticks, double system_ticks);

}  // namespace weir::bench
