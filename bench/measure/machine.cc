#include "bench/measure/machine.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lb/base/text.h"

namespace weir::bench {
namespace {

std::string read(const std::filesystem::path& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

template <class Each>
void for_each_line(std::string_view text, Each&& each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    each(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// The value of "key : value"; empty if the line has another key.
std::string_view value_of(std::string_view line, std::string_view key) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view found = line.substr(0, colon);
  while (!found.empty() && (found.back() == ' ' || found.back() == '\t')) found.remove_suffix(1);
  return found == key ? base::trim(line.substr(colon + 1)) : std::string_view();
}

void read_flaws(Machine& machine) {
  std::error_code error;
  std::filesystem::directory_iterator files("/sys/devices/system/cpu/vulnerabilities", error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const std::string text = read(files->path());
    const std::string name = files->path().filename().string();
    if (text.starts_with("Mitigation")) machine.mitigated.push_back(name);
    if (text.starts_with("Vulnerable")) machine.vulnerable.push_back(name);
  }
  std::ranges::sort(machine.mitigated);
  std::ranges::sort(machine.vulnerable);
}

std::string kernel() {
  utsname name{};
  if (::uname(&name) != 0) return {};
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

}  // namespace

void read_cpuinfo(std::string_view text, Machine& machine) {
  for_each_line(text, [&](std::string_view line) {
    if (!value_of(line, "processor").empty()) ++machine.cores;
    if (const auto model = value_of(line, "model name"); machine.cpu.empty()) machine.cpu = model;
    if (fmt::format(" {} ", value_of(line, "flags")).find(" hypervisor ") != std::string::npos) {
      machine.virtual_machine = true;
    }
  });
}

std::uint64_t read_memory(std::string_view meminfo) {
  std::uint64_t bytes = 0;
  for_each_line(meminfo, [&](std::string_view line) {
    const auto value = value_of(line, "MemTotal");
    if (const auto kibibytes = base::parse_decimal(value.substr(0, value.find(' '))))
      bytes = *kibibytes * 1024;
  });
  return bytes;
}

bool has_kernel_tls(std::string_view protocols) {
  return fmt::format(" {} ", protocols.substr(0, protocols.find('\n'))).find(" tls ") != std::string::npos;
}

Machine this_machine() {
  Machine machine;
  read_cpuinfo(read("/proc/cpuinfo"), machine);
  machine.memory = read_memory(read("/proc/meminfo"));
  machine.kernel = kernel();
  machine.kernel_tls = has_kernel_tls(read("/proc/sys/net/ipv4/tcp_available_ulp"));
  read_flaws(machine);
#ifdef __clang__
  machine.compiler = "clang " __clang_version__;
#else
  machine.compiler = "gcc " __VERSION__;
#endif
  return machine;
}

}  // namespace weir::bench
