#pragma once

#include <sys/types.h>

#include <vector>

namespace weir::bench {

// The process and those of its descendants that live: the workers of a master, their helpers and so on. Empty
// once `root` itself is gone. Read from /proc, so who forks meanwhile may be missed.
std::vector<pid_t> process_tree(pid_t root);

}  // namespace weir::bench
