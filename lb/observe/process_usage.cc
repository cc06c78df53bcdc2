#include "lb/observe/process_usage.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "lb/base/text.h"

namespace weir::observe {
namespace {

std::string slurp(const char* path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// The seconds since 1970 at which the machine started.
std::uint64_t boot_time() {
  const std::string text = slurp("/proc/stat");
  const std::size_t at = text.find("\nbtime ");
  if (at == std::string::npos) return 0;
  std::uint64_t seconds = 0;
  std::istringstream(text.substr(at + 7)) >> seconds;
  return seconds;
}

// Fields 14, 15, 20, 22, 23 and 24 of proc_pid_stat(5), counted behind the command's closing parenthesis.
void read_stat(ProcessUsage& usage) {
  const std::string text = slurp("/proc/self/stat");
  const std::size_t command_end = text.rfind(") ");
  if (command_end == std::string::npos) return;
  std::istringstream fields(text.substr(command_end + 2));
  std::string skipped;
  const auto skip = [&](int count) {
    while (count-- > 0) fields >> skipped;
  };
  std::uint64_t user = 0, system = 0, start = 0, pages = 0;
  skip(11);  // 3 to 13
  fields >> user >> system;
  skip(4);  // 16 to 19
  fields >> usage.threads;
  skip(1);
  fields >> start >> usage.virtual_bytes >> pages;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.cpu_seconds = static_cast<double>(user + system) / ticks;
  usage.start_time_seconds = static_cast<double>(boot_time()) + static_cast<double>(start) / ticks;
  usage.resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Linux 6.2 and later tell the number of descriptors as the size of the directory; before, they are counted.
std::uint64_t count_descriptors() {
  struct stat status{};
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0)
    return static_cast<std::uint64_t>(status.st_size);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), &::closedir);
  if (!directory) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (base::is_digit(entry->d_name[0])) ++count;
  }
  return count - 1;  // the directory's own
}

}  // namespace

ProcessUsage ProcessUsage::now() {
  ProcessUsage usage;
  read_stat(usage);
  usage.open_descriptors = count_descriptors();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_descriptors = limit.rlim_cur;
  return usage;
}

}  // namespace weir::observe
