#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/http/trace_context.h"

namespace weir::observe {

// The share of traces that is recorded. It is an id that decides, by its last 56 bits, which are random: so
// that all who see a trace that begins here decide alike, and who takes fewer takes none that the others
// leave (the way of OpenTelemetry's samplers). A value; any thread.
class TraceSampling {
 public:
  TraceSampling() = default;
  explicit TraceSampling(double percent)
      : least_(percent >= 100 ? 0 : static_cast<std::uint64_t>((1 - percent / 100) * kAll)) {}

  // Of 32 lower-case hexadecimal digits.
  bool takes(std::string_view trace_id) const {
    std::uint64_t bits = 0;
    for (const char digit : trace_id.substr(http::kTraceIdDigits - kDigits)) {
      bits = bits << 4 | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return bits >= least_;
  }

 private:
  static constexpr std::size_t kDigits = 14;
  static constexpr double kAll = 0x1p56;

  std::uint64_t least_ = static_cast<std::uint64_t>(kAll);  // none
};

// Whether the trace is recorded: as its parent has it, if that one is to be believed. Else by an id that weir
// made: who is not trusted could choose one that is always taken.
inline bool is_sampled(const std::optional<http::TraceParent>& parent, bool trusted, std::string_view own_id,
                       const TraceSampling& sampling) {
  return parent && trusted ? parent->sampled : sampling.takes(own_id);
}

}  // namespace weir::observe
