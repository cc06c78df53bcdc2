#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lb/model/rule.h"

// Which rule of a listener is which after a change.
namespace weir::config {

using Rules = std::vector<model::Rule>;

// For each rule of `after` the index of the one that it was: that of its name. Rules without a name of their
// own (rule-3 is the third) are known by what they do, then by their order. Each has at most one.
std::vector<std::optional<std::size_t>> pair_rules(const Rules& before, const Rules& after);

// Of two rules that were paired: whether nothing differs but a name that was not given.
bool same_but_name(const model::Rule& before, const model::Rule& after);

// The fewest of the pairs without which the rest stands in its old order.
std::vector<bool> moved_rules(const std::vector<std::optional<std::size_t>>& pairs);

}  // namespace weir::config
