#include "bench/measure/process_tree.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace weir::bench {
namespace {

// A child belongs to the thread that made it. A process that ends while it is read has none.
void add_children(pid_t pid, std::vector<pid_t>& found) {
  std::error_code gone;
  std::filesystem::directory_iterator threads(fmt::format("/proc/{}/task", pid), gone);
  while (!gone && threads != std::filesystem::directory_iterator()) {
    std::ifstream children(threads->path() / "children");
    for (pid_t child = 0; children >> child;) found.push_back(child);
    threads.increment(gone);
  }
}

}  // namespace

std::vector<pid_t> process_tree(pid_t root) {
  std::error_code error;
  if (root <= 0 || !std::filesystem::exists(fmt::format("/proc/{}", root), error)) return {};
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) add_children(found[i], found);
  return found;
}

}  // namespace weir::bench
