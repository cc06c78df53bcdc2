#pragma once

#include <cstdint>
#include <limits>

#include "lb/base/random.h"
#include "lb/model/access_log.h"

namespace weir::observe {

// Which exchanges are written. An error always is (a status of 400 or above, or what is remarkable: a reason,
// or a gRPC status that is not OK): a sample of what went well is for rates and latencies, and each failure
// is wanted.
class AccessSelection {
 public:
  AccessSelection() = default;
  explicit AccessSelection(const model::AccessLog& settings)
      : errors_only_(settings.only == model::AccessLog::Only::errors),
        share_(settings.sample >= 100 ? kAll : static_cast<std::uint64_t>(settings.sample / 100 * 0x1p64)) {}

  bool takes(unsigned status, bool remarkable, base::Random& random) const {
    if (share_ == kAll && !errors_only_) return true;
    if (status >= 400 || remarkable) return true;
    return !errors_only_ && random.next() < share_;
  }

 private:
  static constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

  bool errors_only_ = false;
  std::uint64_t share_ = kAll;  // of all random numbers
};

}  // namespace weir::observe
