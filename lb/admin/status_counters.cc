#include "lb/admin/status_counters.h"

#include <algorithm>
#include <tuple>

#include "lb/model/target_id.h"

namespace weir::admin {
namespace {

using observe::TargetTotal;

std::string_view group_of(const TargetTotal& total) { return total.key.target_group; }

auto place_of(const TargetTotal& total) {
  return std::tuple<std::string_view, std::string_view>(total.key.zone, total.key.target);
}

void add(OtherCounts& to, const TargetTotal& total) {
  to.requests += total.request_count();
  to.responses_5xx += total.requests[4];
  to.connection_errors += total.connection_error_count();
  const std::vector<std::uint64_t>& buckets = total.response.buckets;
  if (to.buckets.size() < buckets.size()) to.buckets.resize(buckets.size());
  for (std::size_t i = 0; i < buckets.size(); ++i) to.buckets[i] += buckets[i];
}

}  // namespace

StatusCounters::StatusCounters(const observe::Totals& totals, const std::string& group)
    : targets_(std::ranges::equal_range(totals.targets, std::string_view(group), {}, group_of)) {}

const TargetTotal* StatusCounters::find(const TargetStatus& target) const {
  static const TargetTotal nothing;
  if (const auto* const own = find(target.zone, target.id)) return own;
  return find(target.zone, model::kFoldedTargets) == nullptr ? &nothing : nullptr;
}

std::optional<OtherCounts> StatusCounters::others() const {
  std::optional<OtherCounts> others;
  for (const TargetTotal& total : targets_) {
    if (total.key.target != model::kFoldedTargets) continue;
    if (!others) others.emplace();
    add(*others, total);
  }
  return others;
}

const TargetTotal* StatusCounters::find(const std::string& zone, std::string_view target) const {
  const std::tuple<std::string_view, std::string_view> place(zone, target);
  const auto found = std::ranges::lower_bound(targets_, place, {}, place_of);
  return found != targets_.end() && place_of(*found) == place ? &*found : nullptr;
}

}  // namespace weir::admin
