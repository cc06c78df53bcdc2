#include "bench/measure/process_memory.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "bench/measure/process_tree.h"

namespace weir::bench {

ProcessMemory parse_memory(const std::string& rollup) {
  ProcessMemory memory;
  std::istringstream lines(rollup);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    std::uint64_t kibibytes = 0;
    if (!(words >> key >> kibibytes)) continue;
    if (key == "Rss:") memory.resident += kibibytes * 1024;
    if (key == "Pss:") memory.proportional += kibibytes * 1024;
  }
  return memory;
}

std::expected<ProcessMemory, std::string> process_memory(pid_t root) {
  const auto tree = process_tree(root);
  if (tree.empty()) return std::unexpected(fmt::format("there is no process {}", root));
  ProcessMemory sum;
  for (const pid_t pid : tree) {
    errno = 0;
    const std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
    if (!file) {
      if (errno == ENOENT || errno == ESRCH) continue;  // it has just ended
      return std::unexpected(fmt::format("the memory of process {}: {}", pid, std::strerror(errno)));
    }
    std::ostringstream text;
    text << file.rdbuf();
    const ProcessMemory one = parse_memory(text.str());
    sum.resident += one.resident;
    sum.proportional += one.proportional;
  }
  return sum;
}

}  // namespace weir::bench
