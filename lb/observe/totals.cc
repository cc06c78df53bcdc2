#include "lb/observe/totals.h"

#include <algorithm>

namespace weir::observe {

std::uint64_t ListenerTotal::count_between(unsigned first, unsigned last) const {
  std::uint64_t sum = 0;
  for (const StatusTotal& one : requests) {
    if (one.status >= first && one.status <= last) sum += one.count;
  }
  return sum;
}

std::uint64_t TargetTotal::request_count() const {
  return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0});
}

std::uint64_t TargetTotal::connection_error_count() const {
  std::uint64_t sum = 0;
  for (const WordTotal& one : connection_errors) sum += one.count;
  return sum;
}

const ListenerTotal* Totals::find_listener(const std::string& listener) const {
  const auto found = std::ranges::lower_bound(listeners, listener, {}, &ListenerTotal::listener);
  return found != listeners.end() && found->listener == listener ? &*found : nullptr;
}

const TargetTotal* Totals::find_target(const TargetKey& key) const {
  const auto found = std::ranges::lower_bound(targets, key, {}, &TargetTotal::key);
  return found != targets.end() && found->key == key ? &*found : nullptr;
}

}  // namespace weir::observe
