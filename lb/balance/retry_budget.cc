#include "lb/balance/retry_budget.h"

#include <algorithm>

namespace weir::balance {
namespace {

std::uint32_t second_of(base::Instant now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

constexpr std::uint64_t bucket_of(std::uint32_t second, std::uint32_t count) {
  return std::uint64_t{second} << 32 | count;
}
constexpr std::uint32_t second_of(std::uint64_t bucket) { return static_cast<std::uint32_t>(bucket >> 32); }
constexpr std::uint32_t count_of(std::uint64_t bucket) { return static_cast<std::uint32_t>(bucket); }

void raise(std::atomic<std::uint64_t>& bucket, std::uint64_t value) {
  std::uint64_t before = bucket.load();
  while (before < value && !bucket.compare_exchange_weak(before, value)) {
  }
}

}  // namespace

RetryBudget::RetryBudget(unsigned workers, std::uint32_t percent) : percent_(percent), requests_(workers) {}

void RetryBudget::request(unsigned worker, base::Instant now) {
  const std::uint32_t second = second_of(now);
  Bucket& bucket = requests_[worker].buckets[second % kSeconds];
  const std::uint64_t before = bucket.load(std::memory_order_relaxed);
  const bool same = second_of(before) == second;
  bucket.store(same ? before + 1 : bucket_of(second, 1), std::memory_order_relaxed);
}

std::uint64_t RetryBudget::sum(const Buckets& buckets, Second now, Second end) {
  std::uint64_t result = 0;
  for (const Bucket& each : buckets) {
    const std::uint64_t bucket = each.load();
    const std::uint64_t second = second_of(bucket);
    if (second + kSeconds > now && second < end) result += count_of(bucket);
  }
  return result;
}

std::uint64_t RetryBudget::budget(Second now) const {
  std::uint64_t requests = 0;
  for (const Requests& each : requests_) requests += sum(each.buckets, now, now + 1);
  return requests * percent_.load(std::memory_order_relaxed) / 100 + std::uint64_t{kFreePerSecond} * kSeconds;
}

// Whoever begins a new second files the one before it first; a filed count never goes down. So a reader whose
// exchange succeeds has seen every take before its own. Clocks of threads differ a little: a late one takes
// in the latest second that anyone has seen.
bool RetryBudget::take(base::Instant now) {
  std::uint64_t latest = latest_.load();
  for (;;) {
    const Second second = std::max(second_of(now), second_of(latest));
    const bool same = second == second_of(latest);
    if (!same) raise(taken_[second_of(latest) % kSeconds], latest);
    const std::uint64_t taken = sum(taken_, second, second) + (same ? count_of(latest) : 0);
    if (taken >= budget(second)) return false;
    const std::uint64_t mine = same ? latest + 1 : bucket_of(second, 1);
    if (latest_.compare_exchange_weak(latest, mine)) return true;
  }
}

}  // namespace weir::balance
