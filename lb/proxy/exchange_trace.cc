// What is traced of an exchange, while tracing is on.

#include <algorithm>

#include "lb/proxy/exchange.h"
#include "lb/proxy/listener.h"

namespace weir::proxy {
namespace {

template <std::size_t Size>
std::array<char, Size> digits(std::string_view text) {
  std::array<char, Size> result{};
  std::ranges::copy(text.substr(0, Size), result.begin());
  return result;
}

}  // namespace

// It goes on with the trace of the request, or with one of its own.
void Exchange::begin_trace() {
  trace_ = engine_.traces.take();
  const std::string_view incoming = http::find_traceparent(request_.fields);
  std::optional<http::TraceParent> parent;
  if (!incoming.empty()) parent = http::read_traceparent(incoming);
  const std::string_view trace_id = parent ? parent->trace_id : ids_.trace_id();
  const observe::TraceSampling& sampling = engine_.spans.settings().sampling;
  trace_->sampled = observe::is_sampled(parent, client_->trusted(), ids_.trace_id(), sampling);
  trace_->traceparent =
      http::write_traceparent({.trace_id = trace_id, .span_id = ids_.span_id(), .sampled = trace_->sampled});
  if (parent) trace_->parent = digits<http::kSpanIdDigits>(parent->span_id);
}

// The attempt is about to be followed by another one.
void Exchange::note_failed_try() {
  const Target* const target = attempt_.target();
  if (!trace_->sampled || target == nullptr) return;
  if (trace_->failed_tries.size() == observe::Span::kMostTries) return;
  trace_->failed_tries.push_back({.began = engine_.date.wall(attempt_.began()),
                                  .ended = engine_.date.wall(now()),
                                  .reason = wire::word(failure_),
                                  .target = attempt_.target()->address_text()});
}

observe::SpanTimes Exchange::span_times() const {
  observe::SpanTimes times{.head = head_read_ - began_};
  if (attempts_ == 0 || attempt_.target() == nullptr) return times;
  times.queue = attempt_.began() - head_read_;
  if (attempt_.connected() == base::kNever) return times;
  const base::Instant end = attempt_.request_ended();
  if (end != base::kNever) times.request = end - attempt_.connected();
  return times;
}

bool Exchange::is_failure() const {
  return status_ >= 500 || wire::status(failure_) >= 500 ||
         (grpc_status_ && http::is_server_failure(*grpc_status_));
}

void Exchange::end_trace(observe::AccessRecord& record) {
  const http::TraceParent own =
      http::read_traceparent({trace_->traceparent.data(), trace_->traceparent.size()});
  engine_.spans.add(record, {.trace = digits<http::kTraceIdDigits>(own.trace_id),
                             .id = digits<http::kSpanIdDigits>(own.span_id),
                             .parent = trace_->parent,
                             .failed_tries = std::move(trace_->failed_tries),
                             .times = span_times(),
                             .peer = client_->ip_text(),
                             .peer_port = client_->port(),
                             .failed = is_failure()});
}

}  // namespace weir::proxy
