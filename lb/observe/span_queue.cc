#include "lb/observe/span_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir::observe {

std::uint64_t count_spans(const std::vector<Span>& exchanges) {
  std::uint64_t count = exchanges.size();
  for (const Span& span : exchanges) count += stages_of(span).size();
  return count;
}

SpanCounts& SpanCounts::operator+=(const SpanCounts& others) {
  exported += others.exported;
  for (std::size_t i = 0; i < lost.size(); ++i) lost[i] += others.lost[i];
  return *this;
}

void SpanQueue::hand_over(std::vector<Span> spans) {
  std::vector<Span> lost;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t before = waiting_.size();
    const auto fitting = static_cast<std::ptrdiff_t>(std::min(spans.size(), kMost - before));
    waiting_.insert(waiting_.end(), std::move_iterator(spans.begin()),
                    std::move_iterator(spans.begin() + fitting));
    lost.assign(std::move_iterator(spans.begin() + fitting), std::move_iterator(spans.end()));
    const std::size_t now = waiting_.size();
    const bool news = (before == 0 && now != 0) || (before < kBatch && now >= kBatch);
    if (news && wake_) wake_();
  }
  if (!lost.empty()) count_lost(SpanLoss::queue_full, count_spans(lost));
}

std::vector<Span> SpanQueue::take() {
  const std::lock_guard lock(mutex_);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch));
  std::vector<Span> batch(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return batch;
}

std::size_t SpanQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void SpanQueue::set_wake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

SpanCounts SpanQueue::counts() const {
  SpanCounts counts;
  counts.exported = exported_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < lost_.size(); ++i) counts.lost[i] = lost_[i].load(std::memory_order_relaxed);
  return counts;
}

void SpanBuffer::use(std::shared_ptr<const TraceSettings> settings) {
  flush();
  settings_ = std::move(settings);
}

void SpanBuffer::add(AccessRecord& record, SpanFacts facts) {
  if (settings_ == nullptr) return;
  settings_->redaction.apply(record, redacted_);
  spans_.push_back(make_span(record, std::move(facts)));
  if (spans_.size() >= kFull) flush();
}

void SpanBuffer::flush() {
  if (spans_.empty()) return;
  settings_->queue->hand_over(std::exchange(spans_, {}));
}

}  // namespace weir::observe
