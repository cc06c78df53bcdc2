#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "lb/base/clock.h"
#include "lb/model/snapshot.h"

namespace weir::server {

// Of all listeners since the start.
struct TrafficSample {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;    // answered by weir itself with a 5xx
  std::uint64_t outlived = 0;  // of these, begun with a configuration that was no more
};

// Whether a reload has made requests fail (process.rollback): within its window the share of requests that
// weir itself answers with a 5xx rises over the limit, under which it was before. Fewer than kLeastErrors
// such answers say nothing, nor do those to requests that began before it. A value that knows no clock; it
// wants to be told of the traffic every kInterval.
class RollbackGuard {
 public:
  static constexpr base::Duration kInterval = std::chrono::seconds(1);
  static constexpr std::uint64_t kLeastErrors = 5;

  // Absent: off. Nothing that was seen is forgotten while the window stays the same.
  void set(const std::optional<model::Rollback>& settings);
  bool on() const { return settings_.has_value(); }

  // The traffic so far, at least at each interval. The answer is why the last reload has to be taken back.
  std::optional<std::string> look(const TrafficSample& sample, base::Instant now);
  // A reload takes effect now. One that follows while another is on trial is on trial with it, for longer.
  void reloaded(const TrafficSample& sample, base::Instant now);
  // A reload is on trial: where it began is what would be gone back to.
  bool on_trial() const { return reload_.has_value(); }
  // It stands, or was taken back.
  void settle() { reload_.reset(); }

 private:
  struct Seen {
    base::Instant at;
    TrafficSample sample;
  };
  bool over_limit(const TrafficSample& from, const TrafficSample& to) const;

  std::optional<model::Rollback> settings_;
  std::deque<Seen> seen_;  // of the last window
  struct Reload {
    TrafficSample since;
    base::Instant until;
    bool failed_before = false;
  };
  std::optional<Reload> reload_;
};

}  // namespace weir::server
