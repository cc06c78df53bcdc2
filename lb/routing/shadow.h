#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lb/model/rule.h"

namespace weir::routing {

// A rule that no request can ever meet, because an earlier one takes all that would match it.
struct Shadow {
  std::size_t rule = 0;
  std::size_t by = 0;
  bool operator==(const Shadow&) const = default;
};

// The rules for which this can be said for sure of one earlier rule, in order. Several rules that take all of
// it together are not found, nor expressions that say the same in other words; and where very many earlier
// rules have nearly the same host and path, not all of them are looked at.
std::vector<Shadow> find_shadowed(std::span<const model::Rule> rules);

}  // namespace weir::routing
