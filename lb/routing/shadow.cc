#include "lb/routing/shadow.h"

#include "lb/routing/cover_search.h"

namespace weir::routing {

std::vector<Shadow> find_shadowed(std::span<const model::Rule> rules) {
  std::vector<Shadow> shadows;
  const RuleIndex index(rules);
  for (std::size_t i = 1; i < rules.size(); ++i) {
    if (const auto by = CoverSearch(rules, index, i, rules[i].match).run()) shadows.push_back({i, *by});
  }
  return shadows;
}

}  // namespace weir::routing
