#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "lb/model/rule.h"
#include "lb/routing/facts.h"
#include "lb/routing/rule_index.h"

namespace weir::routing {

// The rules of a listener, ready to be asked which one a request meets. Immutable, any thread; the rules
// outlive it and stay where they are.
class RouteTable {
 public:
  explicit RouteTable(std::span<const model::Rule> rules) : rules_(rules), index_(rules) {}

  // The first rule in order that matches; absent: none. What this costs depends on how many rules fit the
  // request's host and path, not on how many there are. Allocates nothing that `facts` does not.
  std::optional<std::size_t> first_match(Facts& facts) const;

 private:
  std::span<const model::Rule> rules_;
  RuleIndex index_;
};

}  // namespace weir::routing
