#include "lb/health/probe_history.h"

#include <utility>

namespace weir::health {

std::shared_ptr<const ProbeHistory::Texts> ProbeHistory::shared(Texts texts) const {
  if (texts == Texts{}) return nullptr;
  if (!empty()) {
    const Entry& last = ring_[(oldest_ + size() - 1) % size()];
    if (last.texts && *last.texts == texts) return last.texts;
  }
  return std::make_shared<const Texts>(std::move(texts));
}

void ProbeHistory::add(const ProbeResult& result) {
  Entry entry{
      result.phase,  result.reason,
      result.status, result.took,
      result.at,     shared({result.detail.substr(0, kTextBytes), result.body_start.substr(0, kTextBytes)})};
  if (size() < kMost) {
    ring_.push_back(std::move(entry));
    return;
  }
  ring_[oldest_] = std::move(entry);
  oldest_ = (oldest_ + 1) % kMost;
}

ProbeResult ProbeHistory::operator[](std::size_t index) const {
  const Entry& entry = ring_[(oldest_ + index) % size()];
  ProbeResult result;
  result.phase = entry.phase;
  result.reason = entry.reason;
  result.status = entry.status;
  result.took = entry.took;
  result.at = entry.at;
  if (entry.texts) {
    result.detail = entry.texts->detail;
    result.body_start = entry.texts->body_start;
  }
  return result;
}

}  // namespace weir::health
