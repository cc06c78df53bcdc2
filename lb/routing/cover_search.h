#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "lb/model/rule.h"
#include "lb/routing/rule_index.h"

namespace weir::routing {

// Whether every text that matches one of `narrower` matches one of `wider`; no pattern at all matches every
// text. False may mean: not found out.
bool covers(const std::vector<model::Pattern>& wider, const std::vector<model::Pattern>& narrower);

// Looks for one rule among the earlier ones that takes all requests that `match` takes. `index` is of
// `rules`; the effort is bounded, so that some are not found where very many have nearly the same host and
// path.
class CoverSearch {
 public:
  // Of the rules before `position`.
  CoverSearch(std::span<const model::Rule> rules, const RuleIndex& index, std::size_t position,
              const model::Match& match)
      : rules_(rules), index_(index), position_(position), match_(match), best_(position) {}

  // The first one of those of a host and a path alone, which take the most; else the first one.
  std::optional<std::size_t> run();

 private:
  // How many pairs of conditions are compared at most.
  static constexpr std::size_t kMostComparisons = 2048;

  void look();
  void look_into(RuleIndex::Bucket bucket);
  void look_through(const Candidate* list);
  bool spend(std::size_t comparisons);

  std::span<const model::Rule> rules_;
  const RuleIndex& index_;
  std::size_t position_;
  const model::Match& match_;
  std::size_t best_;
  bool others_ = false;
  std::size_t left_ = kMostComparisons;
};

}  // namespace weir::routing
