#pragma once

#include <atomic>

#include "bench/load/plan.h"
#include "bench/load/tally.h"

namespace weir::bench {

// Counts what falls into the window of a run. One for each thread; only answered() may be read by others.
class Recorder {
 public:
  Recorder(const Window& window, bool open_loop) : window_(window), open_loop_(open_loop) {}

  struct Answer {
    unsigned status = 0;  // 0: a WebSocket message
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
  };
  // `due`: when the request was due in an open loop, and when it began in a closed one.
  void answered(base::Instant due, base::Instant now, const Answer& answer);
  void failed(base::Instant due, base::Instant now, wire::Reason reason);
  void upgrade_refused(base::Instant due, base::Instant now);
  void unanswered(base::Instant due, base::Instant now);
  void delayed(base::Instant due);

  const Tally& tally() const { return tally_; }
  // Of the whole run so far, for a progress bar.
  std::uint64_t answered() const { return all_.load(std::memory_order_relaxed); }

 private:
  bool inside(base::Instant at) const { return at >= window_.from && at < window_.until; }
  bool counts(base::Instant due, base::Instant now) const { return inside(open_loop_ ? due : now); }

  const Window window_;
  const bool open_loop_;
  Tally tally_;
  std::atomic<std::uint64_t> all_{0};
};

}  // namespace weir::bench
