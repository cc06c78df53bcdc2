#include "config/plan/rule_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "config/keys/routing_fields.h"

namespace weir::config {
namespace {

bool is_numbered(const Rules& rules, std::size_t index) {
  return rules[index].name == fmt::format("rule-{}", index + 1);
}

class Pairing {
 public:
  Pairing(const Rules& before, const Rules& after)
      : before_(before), after_(after), before_end_(before.size()), after_end_(after.size()) {
    pairs_.resize(after.size());
    used_.resize(before.size());
  }

  std::vector<std::optional<std::size_t>> take() {
    trim();
    pair_by_name();
    pair_by_content();
    pair_by_order();
    return std::move(pairs_);
  }

 private:
  void pair(std::size_t before, std::size_t after) {
    pairs_[after] = before;
    used_[before] = true;
  }

  // Most of a long list is as it was.
  void trim() {
    while (begin_ < std::min(before_end_, after_end_) && before_[begin_] == after_[begin_]) {
      pair(begin_, begin_);
      ++begin_;
    }
    while (std::min(before_end_, after_end_) > begin_ && same_at_end()) pair(--before_end_, --after_end_);
  }

  bool same_at_end() const {
    const std::size_t old = before_end_ - 1, now = after_end_ - 1;
    if (is_numbered(before_, old) && is_numbered(after_, now))
      return same_but_name(before_[old], after_[now]);
    return before_[old] == after_[now];
  }

  template <class Each>
  void for_each_left(const Rules& rules, std::size_t end, bool numbered, Each&& each) const {
    const bool is_before = &rules == &before_;
    for (std::size_t i = begin_; i < end; ++i) {
      const bool left = is_before ? !used_[i] : !pairs_[i].has_value();
      if (left && is_numbered(rules, i) == numbered) each(i);
    }
  }

  void pair_by_name() {
    std::unordered_map<std::string_view, std::size_t> names;
    for_each_left(before_, before_end_, false, [&](std::size_t i) { names.emplace(before_[i].name, i); });
    for_each_left(after_, after_end_, false, [&](std::size_t i) {
      const auto found = names.find(after_[i].name);
      if (found != names.end()) pair(found->second, i);
    });
  }

  static std::string content(model::Rule rule) {
    rule.name.clear();
    return write_table(rule_table(), rule).dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void pair_by_content() {
    std::unordered_multimap<std::string, std::size_t> contents;
    for_each_left(before_, before_end_, true,
                  [&](std::size_t i) { contents.emplace(content(before_[i]), i); });
    if (contents.empty()) return;
    for_each_left(after_, after_end_, true, [&](std::size_t i) {
      const auto found = contents.find(content(after_[i]));
      if (found == contents.end()) return;
      pair(found->second, i);
      contents.erase(found);
    });
  }

  void pair_by_order() {
    std::vector<std::size_t> left;
    for_each_left(before_, before_end_, true, [&](std::size_t i) { left.push_back(i); });
    auto next = left.begin();
    for_each_left(after_, after_end_, true, [&](std::size_t i) {
      if (next != left.end()) pair(*next++, i);
    });
  }

  const Rules& before_;
  const Rules& after_;
  // What is not paired yet lies between.
  std::size_t begin_ = 0;
  std::size_t before_end_;
  std::size_t after_end_;
  std::vector<std::optional<std::size_t>> pairs_;
  std::vector<bool> used_;
};

}  // namespace

std::vector<std::optional<std::size_t>> pair_rules(const Rules& before, const Rules& after) {
  return Pairing(before, after).take();
}

bool same_but_name(const model::Rule& before, const model::Rule& after) {
  if (before.name == after.name) return before == after;
  model::Rule renamed = before;
  renamed.name = after.name;
  return renamed == after;
}

// The others are a longest increasing subsequence of the old places.
std::vector<bool> moved_rules(const std::vector<std::optional<std::size_t>>& pairs) {
  std::vector<std::size_t> ends;                                   // by length: the pair that ends it lowest
  std::vector<std::optional<std::size_t>> previous(pairs.size());  // in the sequence that ends here
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!pairs[i]) continue;
    const auto at =
        std::ranges::lower_bound(ends, *pairs[i], {}, [&](std::size_t end) { return *pairs[end]; });
    if (at != ends.begin()) previous[i] = *std::prev(at);
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<bool> moved(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) moved[i] = pairs[i].has_value();
  std::optional<std::size_t> stays;
  if (!ends.empty()) stays = ends.back();
  for (; stays; stays = previous[*stays]) moved[*stays] = false;
  return moved;
}

}  // namespace weir::config
