#include "bench/load/processor_use.h"

#include <sys/resource.h>

namespace weir::bench {
namespace {

base::Duration from_timespec(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

base::Duration from_timeval(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

base::Duration thread_time(pthread_t thread) {
  clockid_t clock{};
  timespec time{};
  if (::pthread_getcpuclockid(thread, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return from_timespec(time);
}

}  // namespace

ProcessorUse ProcessorUse::now(const std::vector<pthread_t>& threads, std::optional<pid_t> target) {
  ProcessorUse use;
  use.at = base::SystemClock().now();
  if (target) {
    if (const auto times = ProcessCpu(*target).now()) use.target = *times;
  }
  for (const pthread_t thread : threads) use.threads.push_back(thread_time(thread));
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  use.own = {from_timeval(own.ru_utime), from_timeval(own.ru_stime)};
  use.cores = cores_idle();
  return use;
}

}  // namespace weir::bench
