#include "lb/observe/predecessors.h"

#include <algorithm>
#include <utility>

#include "lb/observe/totals_sum.h"

namespace weir::observe {

Predecessors::Predecessors(LatencyBounds bounds) : bounds_(std::move(bounds)) {}

void Predecessors::report(Id process, Totals changed) {
  rebucket(changed, bounds_);
  replace(running_[process], changed);
}

void Predecessors::end(Id process) {
  const auto ended = running_.find(process);
  if (ended == running_.end()) return;
  add(past_, ended->second, Gauges::drop);
  running_.erase(ended);
}

void Predecessors::add_past(Totals past) {
  rebucket(past, bounds_);
  add(past_, past, Gauges::drop);
}

void Predecessors::add_to(Totals& sum) const {
  add(sum, past_, Gauges::drop);
  for (const auto& [process, totals] : running_) add(sum, totals, Gauges::count);
}

void Predecessors::forget_past(const Totals& kept) {
  const auto forget = [](auto& list, const auto& kept_list, auto key) {
    std::erase_if(list,
                  [&](const auto& one) { return !std::ranges::binary_search(kept_list, key(one), {}, key); });
  };
  forget(past_.listeners, kept.listeners, [](const auto& one) { return one.listener; });
  forget(past_.routes, kept.routes,
         [](const auto& one) { return std::pair(one.listener, one.target_group); });
  forget(past_.rules, kept.rules, [](const auto& one) { return std::pair(one.listener, one.rule); });
  forget(past_.groups, kept.groups, [](const auto& one) { return one.target_group; });
  std::erase_if(past_.targets, [&](const TargetTotal& one) { return kept.find_target(one.key) == nullptr; });
}

}  // namespace weir::observe
