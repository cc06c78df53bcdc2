#include "bench/load/processor_use.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

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

base::Duration from_ticks(std::uint64_t ticks) {
  static const long per_second = ::sysconf(_SC_CLK_TCK);
  return std::chrono::seconds(ticks) / per_second;
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> parse_machine_ticks(const std::string& line) {
  std::istringstream fields(line);
  std::string name;
  fields >> name;
  // user nice system idle iowait irq softirq steal; what follows is contained in user.
  std::uint64_t all = 0;
  std::uint64_t idle = 0;
  std::uint64_t value = 0;
  for (int i = 0; i < 8 && fields >> value; ++i) {
    all += value;
    if (i == 3 || i == 4) idle += value;
  }
  return {all, idle};
}

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
  std::string line;
  std::getline(std::ifstream("/proc/stat"), line);
  const auto [all, idle] = parse_machine_ticks(line);
  use.machine_all = from_ticks(all);
  use.machine_idle = from_ticks(idle);
  return use;
}

}  // namespace weir::bench
