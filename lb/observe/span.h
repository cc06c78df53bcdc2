#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/clock.h"
#include "lb/http/trace_context.h"
#include "lb/observe/access_record.h"

// What is traced of an exchange: one span, and one below it for each thing that took its time.
namespace weir::observe {

using TraceId = std::array<char, http::kTraceIdDigits>;  // hexadecimal digits
using SpanId = std::array<char, http::kSpanIdDigits>;

// An attempt before the last one.
struct FailedTry {
  base::WallTime began;
  base::WallTime ended;
  std::string_view reason;  // a literal
  std::string target;       // its address
};

// What took its time and is not in the record of the access log.
struct SpanTimes {
  base::Duration head{};                 // until the head of the request was read
  base::Duration queue = kNotReached;    // from then until the last attempt began
  base::Duration request = kNotReached;  // from its connection until the target had the request, or answered
};

// A finished exchange. It holds what it tells, cut to kMostText, and so has a bounded size.
struct Span {
  static constexpr std::size_t kMostText = 512;  // of each
  static constexpr std::size_t kMostTries = 8;

  // A text that is not there is empty.
  enum class Text : std::uint8_t {
    listener,
    client,  // who began the request
    peer,    // who was connected
    target_group,
    target,
    target_id,
    zone,
    rule,
    action,
    method,
    scheme,
    authority,
    path,
    query,
    protocol_version,
    user_agent,
    request_id,
    reason,
    count_,
  };

  TraceId trace{};
  SpanId id{};
  std::optional<SpanId> parent;
  base::WallTime began{};
  base::WallTime ended{};
  SpanTimes times;
  base::Duration connect = kNotReached;
  base::Duration first_byte = kNotReached;
  std::vector<FailedTry> failed_tries;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint32_t attempts = 0;
  std::uint16_t status = 0;
  std::uint16_t target_status = 0;
  std::optional<std::uint16_t> grpc_status;  // that the client was sent
  std::uint16_t peer_port = 0;
  std::uint16_t port = 0;  // of the listener
  bool connection_reused = false;
  bool failed = false;  // weir's or the target's fault

  std::string_view text(Text which) const {
    const auto at = static_cast<std::size_t>(which);
    const std::size_t begin = at == 0 ? 0 : ends_[at - 1];
    return std::string_view(bytes_).substr(begin, ends_[at] - begin);
  }
  // All of them, in the order of Text.
  void set_texts(const std::array<std::string_view, static_cast<std::size_t>(Text::count_)>& texts);

 private:
  std::string bytes_;
  std::array<std::uint16_t, static_cast<std::size_t>(Text::count_)> ends_{};
};

// What of a span is not in the record that the access log has.
struct SpanFacts {
  TraceId trace{};
  SpanId id{};
  std::optional<SpanId> parent;
  std::vector<FailedTry> failed_tries;
  SpanTimes times;
  std::string_view peer;
  std::uint16_t peer_port = 0;
  bool failed = false;
};

// The record is redacted already.
Span make_span(const AccessRecord& record, SpanFacts facts);

// A part of an exchange.
struct Stage {
  std::string_view name;
  base::WallTime began;
  base::WallTime ended;
  const FailedTry* failed_try = nullptr;  // of its span
  bool failed = false;                    // the exchange ended in it
};

// In the order of time, and without what took none. They refer to the span.
std::vector<Stage> stages_of(const Span& span);

}  // namespace weir::observe
