#include "lb/model/rule.h"

#include <algorithm>
#include <utility>

#include "lb/model/listener.h"

namespace weir::model {

std::expected<Substitution, std::string> Substitution::parse(std::string_view expression,
                                                             std::string_view replacement,
                                                             Pattern::Case letters) {
  auto pattern = Pattern::parse("~" + std::string(expression), letters);
  if (!pattern) return std::unexpected(std::move(pattern.error()));
  if (auto checked = pattern->check_replacement(replacement); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return Substitution{*std::move(pattern), std::string(replacement)};
}

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
