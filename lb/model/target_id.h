#pragma once

#include <string_view>

// What the YAML and the admin API have to agree on about the id of a target.
namespace weir::model {

// Where metrics count the targets that have no series of their own: the id of none, which would be mixed up
// with them.
inline constexpr std::string_view kFoldedTargets = "other";

constexpr bool is_reserved_target_id(std::string_view id) { return id == kFoldedTargets; }

}  // namespace weir::model
