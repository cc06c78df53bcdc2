#pragma once

#include <string>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/trace/verdict.h"
#include "lb/wire/failure.h"

// Why a collector takes no spans, and when that is worth a line of the log. Pure.
namespace weir::trace {

// Why a POST got no answer: in words that fit a collector, which is no target.
std::string words_for(const wire::Failure& failure);

// Why spans were not taken: "status 503", or what `answer.error` says. Never empty.
std::string cause_of(const Answer& answer);

// What has been said of a collector: that it fails, by its cause, or that all is well.
class CauseNews {
 public:
  // How long a cause stands before another one, or the same anew, is told: for one that comes and goes.
  static constexpr base::Duration kShortest = std::chrono::seconds(10);

  // Whether this is to be told; it counts as told then. An empty cause: it works.
  bool is_news(std::string_view cause, base::Instant now);

 private:
  std::string told_;  // empty: it works
  base::Instant quiet_until_ = base::Instant::min();
};

}  // namespace weir::trace
