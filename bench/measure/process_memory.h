#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <string>

namespace weir::bench {

// What a process and its living descendants hold in memory, in bytes.
struct ProcessMemory {
  std::uint64_t resident = 0;      // Rss: a page that several of them map counts for each
  std::uint64_t proportional = 0;  // Pss: such a page is divided among all that map it
  bool operator==(const ProcessMemory&) const = default;
};

// The error says which process cannot be read, and why.
std::expected<ProcessMemory, std::string> process_memory(pid_t root);

// From the text of /proc/PID/smaps_rollup; what is not in it is 0.
ProcessMemory parse_memory(const std::string& rollup);

}  // namespace weir::bench
