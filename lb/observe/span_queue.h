#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "lb/observe/redaction.h"
#include "lb/observe/span.h"
#include "lb/observe/span_sampling.h"

// Spans on their way from the workers to the one who exports them.
namespace weir::observe {

// Why spans were not exported.
enum class SpanLoss : std::uint8_t {
  queue_full,   // they come faster than the collector takes them
  unreachable,  // no collector answers, or it says that it can't take them now, again and again
  rejected,     // it says that it never will
  stopping,     // weir ended before they were taken
  count_,
};
inline constexpr std::array<std::string_view, 4> kSpanLossWords = {"queue_full", "unreachable", "rejected",
                                                                   "stopping"};

// Of spans, those below an exchange's included.
struct SpanCounts {
  std::uint64_t exported = 0;
  std::array<std::uint64_t, kSpanLossWords.size()> lost{};
  SpanCounts& operator+=(const SpanCounts& others);
  bool operator==(const SpanCounts&) const = default;
};

// Bounded. Every method may be called from any thread.
class SpanQueue {
 public:
  static constexpr std::size_t kMost = 4096;  // exchanges that wait
  static constexpr std::size_t kBatch = 256;  // exchanges that are exported at once

  // Takes spans of finished exchanges; what does not fit is lost, and nobody waits.
  void hand_over(std::vector<Span> spans);
  // A batch, or what there is.
  std::vector<Span> take();
  std::size_t waiting() const;

  // Called when the first span comes and when a batch is full, on the thread that brings it and with the
  // queue locked: it wakes somebody up and does no more.
  void set_wake(std::function<void()> wake);

  void count_exported(std::uint64_t spans) { exported_.fetch_add(spans, std::memory_order_relaxed); }
  void count_lost(SpanLoss why, std::uint64_t spans) {
    lost_[static_cast<std::size_t>(why)].fetch_add(spans, std::memory_order_relaxed);
  }
  SpanCounts counts() const;

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::deque<Span> waiting_;
  std::function<void()> wake_;

  std::atomic<std::uint64_t> exported_{0};
  std::array<std::atomic<std::uint64_t>, kSpanLossWords.size()> lost_{};
};

// How many spans these exchanges become.
std::uint64_t count_spans(const std::vector<Span>& exchanges);

// What a worker needs to know of tracing. Immutable; any thread.
struct TraceSettings {
  TraceSampling sampling;
  Redaction redaction;
  std::shared_ptr<SpanQueue> queue;
};

// One worker's end of the queue. Not thread-safe.
class SpanBuffer {
 public:
  static constexpr std::size_t kFull = 32;

  SpanBuffer() = default;
  ~SpanBuffer() { flush(); }
  SpanBuffer(const SpanBuffer&) = delete;
  SpanBuffer& operator=(const SpanBuffer&) = delete;

  // From here on; null: nothing is traced.
  void use(std::shared_ptr<const TraceSettings> settings);
  bool enabled() const { return settings_ != nullptr; }
  const TraceSettings& settings() const { return *settings_; }

  // What is not to be written is taken out of the record. Nothing happens if tracing has been switched off.
  void add(AccessRecord& record, SpanFacts facts);
  // To be called every 100 to 200 ms. Costs nothing if nothing was added.
  void flush();

 private:
  std::shared_ptr<const TraceSettings> settings_;  // null: off
  std::vector<Span> spans_;
  std::string redacted_[2];
};

}  // namespace weir::observe
