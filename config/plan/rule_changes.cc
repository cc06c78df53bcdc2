#include <fmt/format.h>

#include "config/keys/routing_fields.h"
#include "config/plan/action_words.h"
#include "config/plan/key_changes.h"
#include "config/plan/parts.h"
#include "config/plan/rule_pairs.h"
#include "lb/base/text.h"

namespace weir::config {

using model::Rule;

namespace {

constexpr std::size_t kLongestMatch = 200;

std::string called(const Rule& rule) { return fmt::format("rule '{}'", base::escape(rule.name)); }

std::string match_words(const Rule& rule) {
  if (rule.match == model::Match()) return "matches everything";
  return "matches " + base::escape(value_text(value_of(rule_table(), "match", rule)), kLongestMatch);
}

// As in a move of many rules to another target group, for which the keys need not be compared.
bool only_action_differs(Rule before, const Rule& after) {
  before.name = after.name;
  before.action = after.action;
  return before == after;
}

void compare_rule(const Rule& before, const Rule& after, Changes& changes) {
  if (same_but_name(before, after)) return;
  const std::string name = called(after);
  const auto on_key = [&](const KeyChange& key) { changes.changed(name + ": " + key.text()); };
  if (const auto action = new_action(before.action, after.action)) {
    changes.changed(name + " " + *action);
    if (only_action_differs(before, after)) return;
    compare_keys(rule_table(), before, after, {"name", "forward", "redirect", "respond"}, on_key);
  } else {
    compare_keys(rule_table(), before, after, {"name"}, on_key);
  }
  if (const auto content = new_content(before.action, after.action)) changes.changed(name + ": " + *content);
}

// Names that are only numbers follow the order.
void tell_new_names(const Rules& before, const Rules& after,
                    const std::vector<std::optional<std::size_t>>& pairs, Changes& changes) {
  std::string first;
  std::size_t count = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!pairs[i] || before[*pairs[i]].name == after[i].name) continue;
    if (count++ == 0) first = fmt::format("{} is now {}", called(before[*pairs[i]]), called(after[i]));
  }
  if (count > 1) first += fmt::format(", and so for {} more without a name", count - 1);
  if (count > 0) changes.changed(first);
}

void compare_order(const Rules& before, const std::vector<std::optional<std::size_t>>& pairs,
                   Changes& changes) {
  const std::vector<bool> moved = moved_rules(pairs);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (moved[i])
      changes.changed(
          fmt::format("{} moves from place {} to {}", called(before[*pairs[i]]), *pairs[i] + 1, i + 1));
  }
}

}  // namespace

void compare_rules(const model::Listener& before, const model::Listener& after, Changes& changes) {
  if (before.rules == after.rules) return;
  const auto pairs = pair_rules(before.rules, after.rules);
  std::vector<bool> stays(before.rules.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Rule& rule = after.rules[i];
    if (pairs[i]) {
      stays[*pairs[i]] = true;
      compare_rule(before.rules[*pairs[i]], rule, changes);
    } else {
      changes.added(fmt::format("{} at place {} {} and {}", called(rule), i + 1, match_words(rule),
                                action_words(rule.action)));
    }
  }
  compare_order(before.rules, pairs, changes);
  tell_new_names(before.rules, after.rules, pairs, changes);
  for (std::size_t i = 0; i < stays.size(); ++i) {
    if (!stays[i])
      changes.removed(
          fmt::format("{}, which {}", called(before.rules[i]), action_words(before.rules[i].action)));
  }
}

}  // namespace weir::config
