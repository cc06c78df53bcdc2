#include "lb/routing/route_table.h"

#include <array>
#include <cstdint>

#include "lb/routing/matching.h"

namespace weir::routing {
namespace {

constexpr std::uint32_t kNoRule = ~std::uint32_t{0};

// Goes through lists of candidates in the order of the rules and ends at the first that matches. There may be
// any number of lists: they are taken so many at a time, and none is read further than the best rule so far.
class Search {
 public:
  Search(std::span<const model::Rule> rules, Facts& facts) : rules_(rules), facts_(facts) {}

  std::uint32_t best() const { return best_; }

  void add(const Candidate* list) {
    if (list->rule() >= best_) return;
    if (count_ == lists_.size()) run();
    lists_[count_++] = list;
  }

  void run() {
    while (count_ != 0) {
      const std::size_t at = first_list();
      const Candidate candidate = *lists_[at];
      if (candidate.rule() >= best_) break;
      if (candidate.rule() != refused_ && holds(candidate)) {
        best_ = candidate.rule();
        break;
      }
      refused_ = candidate.rule();
      lists_[at] = candidate.is_last() ? lists_[--count_] : lists_[at] + 1;
    }
    count_ = 0;
  }

 private:
  std::size_t first_list() const {
    std::size_t first = 0;
    for (std::size_t i = 1; i < count_; ++i) {
      if (lists_[i]->rule() < lists_[first]->rule()) first = i;
    }
    return first;
  }

  bool holds(Candidate candidate) {
    const model::Match& match = rules_[candidate.rule()].match;
    return (!candidate.asks_path() || path_holds(match, facts_)) &&
           (!candidate.asks_others() || others_hold(match, facts_));
  }

  std::span<const model::Rule> rules_;
  Facts& facts_;
  std::array<const Candidate*, 16> lists_{};
  std::size_t count_ = 0;
  std::uint32_t best_ = kNoRule;
  std::uint32_t refused_ = kNoRule;
};

}  // namespace

std::optional<std::size_t> RouteTable::first_match(Facts& facts) const {
  const std::string_view host = facts.host();
  const std::string_view path = facts.path();
  Search search(rules_, facts);
  const auto add_bucket = [&](RuleIndex::Bucket bucket) {
    index_.for_each_list(bucket, path, path, [&](const Candidate* list) { search.add(list); });
  };
  index_.for_each_bucket(host, host, add_bucket);
  search.run();
  for (const RuleIndex::HostPattern& each : index_.host_patterns()) {
    if (each.first_rule >= search.best()) break;
    if (!each.pattern->matches(host)) continue;
    add_bucket(each.bucket);
    search.run();
  }
  if (search.best() == kNoRule) return std::nullopt;
  return search.best();
}

}  // namespace weir::routing
