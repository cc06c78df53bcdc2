#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "lb/base/clock.h"

namespace weir::balance {

// How many of a group's requests may be sent again, so that retries do not finish off what is overloaded:
// each request adds `percent`/100 of a token, which is kept for 10 s, beside 3 tokens a second for groups
// with little traffic. Shared by all workers: each counts its own requests without waiting for another; a
// retry, which is rare, looks at all of them.
class RetryBudget {
 public:
  static constexpr unsigned kSeconds = 10;
  static constexpr unsigned kFreePerSecond = 3;

  RetryBudget(unsigned workers, std::uint32_t percent);

  // Any thread.
  void set_percent(std::uint32_t percent) { percent_.store(percent, std::memory_order_relaxed); }

  // By worker `worker` alone.
  void request(unsigned worker, base::Instant now);
  // Any thread. False: no token is left.
  bool take(base::Instant now);

 private:
  using Second = std::uint32_t;
  // A count of one second, in one word: the second in the upper half, so that later ones are greater.
  using Bucket = std::atomic<std::uint64_t>;
  using Buckets = std::array<Bucket, kSeconds>;
  struct alignas(64) Requests {
    Buckets buckets{};
  };

  // Of the last kSeconds at `now`, as far as they are before `end`.
  static std::uint64_t sum(const Buckets& buckets, Second now, Second end);
  std::uint64_t budget(Second now) const;

  std::atomic<std::uint32_t> percent_;
  std::vector<Requests> requests_;  // by worker
  // Retries of the latest second in which there was one. Every take is an exchange of this word.
  Bucket latest_{0};
  Buckets taken_{};  // of the seconds before it
};

}  // namespace weir::balance
