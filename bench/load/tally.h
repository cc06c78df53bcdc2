#pragma once

#include <array>
#include <cstdint>

#include "bench/measure/latencies.h"
#include "lb/wire/failure.h"

namespace weir::bench {

// What became of the requests of a run. One thread; threads have one each, which are merged at the end.
struct Tally {
  static constexpr std::size_t kReasons = static_cast<std::size_t>(wire::Reason::count_);

  Latencies latencies;                             // of answered ones, and in an open loop of unanswered ones
  std::array<std::uint64_t, 1000> statuses{};      // of answers, by their number
  std::array<std::uint64_t, kReasons> failures{};  // by wire::Reason
  std::uint64_t answered = 0;
  std::uint64_t ended = 0;            // answers that came within the window, whenever they were due
  std::uint64_t upgrade_refused = 0;  // answers to a request for a WebSocket that gave none
  std::uint64_t delayed = 0;          // of an open loop: due when no connection was free
  std::uint64_t unanswered = 0;      // of an open loop: due in time, and not answered when the patience ended
  std::uint64_t in_flight = 0;       // of a closed loop: when the run ended
  base::Duration oldest{0};          // of both
  std::uint64_t bytes_received = 0;  // by what ended within the window
  std::uint64_t bytes_sent = 0;

  void merge(const Tally& other);
  // Requests that got no answer, and answers that are the server's error.
  std::uint64_t failed() const;
};

}  // namespace weir::bench
