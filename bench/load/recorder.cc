#include "bench/load/recorder.h"

#include <algorithm>

namespace weir::bench {

void Recorder::answered(base::Instant due, base::Instant now, const Answer& answer) {
  all_.store(all_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (inside(now)) {
    ++tally_.ended;
    tally_.bytes_received += answer.bytes_received;
    tally_.bytes_sent += answer.bytes_sent;
  }
  if (!counts(due, now)) return;
  ++tally_.answered;
  ++tally_.statuses[std::min<std::size_t>(answer.status, tally_.statuses.size() - 1)];
  tally_.latencies.record(now - due);
}

void Recorder::failed(base::Instant due, base::Instant now, wire::Reason reason) {
  if (counts(due, now)) ++tally_.failures[static_cast<std::size_t>(reason)];
}

void Recorder::upgrade_refused(base::Instant due, base::Instant now) {
  if (counts(due, now)) ++tally_.upgrade_refused;
}

void Recorder::unanswered(base::Instant due, base::Instant now) {
  if (open_loop_ && !counts(due, now)) return;
  tally_.oldest = std::max(tally_.oldest, now - due);
  if (!open_loop_) {
    ++tally_.in_flight;
    return;
  }
  ++tally_.unanswered;
  tally_.latencies.record(now - due);
}

void Recorder::delayed(base::Instant due) {
  if (counts(due, due)) ++tally_.delayed;
}

}  // namespace weir::bench
