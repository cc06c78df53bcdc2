#pragma once

#include "config/report.h"
#include "config/yaml/node.h"

namespace weir::config {

inline constexpr std::uint64_t kMostExpandedNodes = 100'000;
inline constexpr std::uint32_t kDeepestNesting = 64;

// The tree of a YAML file, or null after reporting why there is none. The cost is bounded by the
// size of the file: what aliases would expand to is counted, never copied.
const Node* parse(const Source& source, NodeStore& store, Report& report);

}  // namespace weir::config
