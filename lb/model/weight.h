#pragma once

#include <cstdint>

namespace weir::model {

// Of a target in its group, and of a group in a rule; as ALB has it.
inline constexpr std::uint32_t kMostWeight = 999;

}  // namespace weir::model
