#include "bench/load/tally.h"

#include <algorithm>
#include <numeric>

namespace weir::bench {

void Tally::merge(const Tally& other) {
  latencies.merge(other.latencies);
  for (std::size_t i = 0; i < statuses.size(); ++i) statuses[i] += other.statuses[i];
  for (std::size_t i = 0; i < failures.size(); ++i) failures[i] += other.failures[i];
  answered += other.answered;
  ended += other.ended;
  upgrade_refused += other.upgrade_refused;
  delayed += other.delayed;
  unanswered += other.unanswered;
  in_flight += other.in_flight;
  oldest = std::max(oldest, other.oldest);
  bytes_received += other.bytes_received;
  bytes_sent += other.bytes_sent;
}

std::uint64_t Tally::failed() const {
  const auto broken = std::accumulate(failures.begin(), failures.end(), unanswered + upgrade_refused);
  return std::accumulate(statuses.begin() + 500, statuses.end(), broken);
}

}  // namespace weir::bench
