#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

// What becomes of a batch of spans, as OTLP/HTTP has it. Pure.
namespace weir::trace {

// What came of a POST.
struct Answer {
  unsigned status = 0;           // 0: none came
  std::string retry_after = {};  // the field
  std::string body = {};         // its beginning
  std::string error = {};        // why none came, in a few words
};

enum class Fate : std::uint8_t {
  delivered,
  again,        // later
  rejected,     // the collector will never take it
  unreachable,  // it was tried often enough
};

struct Verdict {
  Fate fate = Fate::delivered;
  base::Duration wait{0};  // before it is tried again
  bool operator==(const Verdict&) const = default;
};

struct RetryPolicy {
  unsigned tries = 5;                                   // of a batch, in all
  base::Duration first_wait = std::chrono::seconds(1);  // doubled with each try
  base::Duration longest_wait = std::chrono::seconds(30);
};

// `tries` have been made, this one included. `jitter` is in [0, 1): it takes up to a quarter off a wait of
// our own, so that a fleet does not come back as one.
Verdict judge(const Answer& answer, unsigned tries, double jitter, const RetryPolicy& policy = {});

// The spans that a collector that took the rest has rejected: `partialSuccess` of a 2xx.
std::uint64_t rejected_spans(std::string_view body);

}  // namespace weir::trace
