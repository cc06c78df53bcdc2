#include "bench/measure/process_cpu.h"

#include <fmt/format.h>
#include <time.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "bench/measure/process_tree.h"

namespace weir::bench {
namespace {

std::optional<base::Duration> exact_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// utime and stime are fields 14 and 15 of proc_pid_stat(5), counted behind the command's closing parenthesis.
std::optional<ProcessCpu::Times> times_of(pid_t pid) {
  const auto exact = exact_time(pid);
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!exact || !std::getline(file, line)) return std::nullopt;
  const std::size_t command_end = line.rfind(") ");
  if (command_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(command_end + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return split_by_ticks(*exact, user, system);
}

}  // namespace

ProcessCpu::Times split_by_ticks(base::Duration exact, double user_ticks, double system_ticks) {
  const double ticks = user_ticks + system_ticks;
  if (ticks <= 0) return {.user = exact};
  const base::Duration user(
      static_cast<base::Duration::rep>(static_cast<double>(exact.count()) * user_ticks / ticks));
  return {.user = user, .system = exact - user};
}

std::expected<ProcessCpu::Times, std::string> ProcessCpu::now() const {
  Times sum;
  bool any = false;
  for (const pid_t pid : process_tree(root_)) {
    const auto times = times_of(pid);
    if (!times) continue;
    any = true;
    sum.user += times->user;
    sum.system += times->system;
  }
  if (!any) return std::unexpected(fmt::format("there is no process {}", root_));
  return sum;
}

}  // namespace weir::bench
