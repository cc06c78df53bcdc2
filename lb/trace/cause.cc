#include "lb/trace/cause.h"

#include <fmt/format.h>

#include <cstring>

#include "lb/base/text.h"

namespace weir::trace {

std::string words_for(const wire::Failure& failure) {
  using wire::Reason;
  if (failure.error != 0) return std::strerror(failure.error);
  switch (failure.reason) {
    case Reason::target_tls: return "its handshake of TLS fails";
    case Reason::target_certificate: return "its certificate is not to be trusted";
    case Reason::connect_timeout: return "it accepts no connection in time";
    case Reason::target_closed:
    case Reason::target_reset: return "it closes the connection without an answer";
    case Reason::stream_refused: return "it refuses the request unread";
    case Reason::target_leaving: return "it ends its connections before it looks at the request";
    case Reason::target_stream_reset: return "it resets the stream instead of an answer";
    case Reason::response_truncated: return "it closes the connection inside of its answer";
    case Reason::response_timeout:
    case Reason::response_idle_timeout: return "it does not answer in time";
    case Reason::response_malformed:
      return fmt::format("its answer is no proper HTTP ({})", http::traits(failure.problem).reason);
    case Reason::response_head_too_large: return "the head of its answer is too large";
    default: return std::string(wire::word(failure));
  }
}

std::string cause_of(const Answer& answer) {
  if (answer.status != 0) return "status " + std::to_string(answer.status);
  return answer.error.empty() ? "no answer" : base::escape(answer.error);
}

bool CauseNews::is_news(std::string_view cause, base::Instant now) {
  if (cause == told_ || (!cause.empty() && now < quiet_until_)) return false;
  told_ = cause;
  if (!cause.empty()) quiet_until_ = now + kShortest;
  return true;
}

}  // namespace weir::trace
