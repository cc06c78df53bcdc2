#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

// What the figures of a benchmark depend on besides the programs.
struct Machine {
  std::string cpu;
  unsigned cores = 0;  // that are online
  bool virtual_machine = false;
  std::uint64_t memory = 0;  // bytes
  std::string kernel;
  bool kernel_tls = false;              // the kernel can seal what is sent (kTLS)
  std::vector<std::string> mitigated;   // flaws of the processor that the kernel works around
  std::vector<std::string> vulnerable;  // and those that it leaves open
  std::string compiler;                 // that built this program
};

// Of this one; what cannot be read is left empty.
Machine this_machine();

// From the texts of /proc/cpuinfo and /proc/meminfo.
void read_cpuinfo(std::string_view text, Machine& machine);
std::uint64_t read_memory(std::string_view meminfo);
// From tcp_available_ulp, the protocols that stand upon TCP in the kernel.
bool has_kernel_tls(std::string_view protocols);

}  // namespace weir::bench
