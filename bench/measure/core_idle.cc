#include "bench/measure/core_idle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace weir::bench {
namespace {

std::string read_stat() {
  const std::ifstream file("/proc/stat");
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace

// proc_stat(5): user, nice, system, idle, iowait and more, in clock ticks.
std::optional<base::Duration> parse_core_idle(std::string_view stat, unsigned core) {
  static const long per_second = ::sysconf(_SC_CLK_TCK);
  const std::string prefix = fmt::format("\ncpu{} ", core);
  const std::size_t at = stat.find(prefix);
  if (at == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(stat.substr(at + prefix.size(), 256))};
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, wait = 0;
  if (!(fields >> user >> nice >> system >> idle >> wait)) return std::nullopt;
  return base::Duration(std::chrono::seconds(idle + wait)) / per_second;
}

std::optional<CoreIdle> core_idle(unsigned core) {
  const auto idle = parse_core_idle(read_stat(), core);
  if (!idle) return std::nullopt;
  return CoreIdle{.idle = *idle, .at = base::SystemClock().now()};
}

std::vector<CoreIdle> cores_idle() {
  const std::string stat = read_stat();
  const base::Instant now = base::SystemClock().now();
  const auto configured = static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_CONF)));
  std::vector<CoreIdle> all;
  for (unsigned core = 0; core < configured; ++core) {
    if (const auto idle = parse_core_idle(stat, core)) all.push_back({.idle = *idle, .at = now});
  }
  return all;
}

double busy_share(const CoreIdle& before, const CoreIdle& after) {
  const base::Duration passed = after.at - before.at;
  if (passed <= base::Duration(0)) return 0;
  const double idle = std::chrono::duration<double>(after.idle - before.idle) / passed;
  return std::clamp(1 - idle, 0.0, 1.0);
}

}  // namespace weir::bench
