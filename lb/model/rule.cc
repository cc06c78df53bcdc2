#include "lb/model/rule.h"

#include <algorithm>

#include "lb/model/listener.h"

namespace weir::model {

bool forwards_to(const Action& action, const std::string& target_group) {
  const auto* const forward = std::get_if<ForwardAction>(&action);
  return forward != nullptr && std::ranges::find(forward->groups, target_group,
                                                 &WeightedGroup::target_group) != forward->groups.end();
}

bool forwards_to(const Listener& listener, const std::string& target_group) {
  return forwards_to(listener.default_action, target_group) ||
         std::ranges::any_of(listener.rules,
                             [&](const Rule& rule) { return forwards_to(rule.action, target_group); });
}

}  // namespace weir::model
