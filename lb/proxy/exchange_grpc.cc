// An exchange that is a gRPC call: its deadline, and how it ends.

#include "lb/proxy/exchange.h"

namespace weir::proxy {

using wire::Failure;
using wire::Reason;

// The client's deadline is one of the whole exchange, whatever it waits for: a slot, a connection, an attempt
// after a failed one, the head of the response. It ends with that head, as timeouts.response does: a stream
// that has begun is the client's to cancel. (A call that streams both ways sends its last byte when it likes,
// so that timeouts.response alone, which begins there, would bound nothing.)
void Exchange::begin_call() {
  const base::Instant due = grpc_deadline(request_, began_);
  if (due != base::kNever) deadline_.set(due);
}

// Nobody waits for the answer any more. That says more about the client than about the target, for which it
// is no failure.
void Exchange::on_deadline() {
  const wire::Turn::Scope scope(engine_.wire.turn);
  if (response_state_ != ResponseState::waiting) return;
  if (waiting()) {
    stop_waiting();
    if (has_content()) stream_->resume();
  }
  end_attempt();
  answer({Reason::deadline_exceeded, http::Problem::none, 0});
}

// A message that HTTP/1 cannot make out is no call, whatever its fields say.
bool Exchange::answers_call(const Failure& failure) const {
  return grpc_ && (failure.reason != Reason::malformed || client_->speaks_http2());
}

// From here on the two converse, if the target takes it for a call, too.
void Exchange::note_grpc_answer(const http::ResponseHead& head) {
  note_grpc_status(head.fields);
  if (group().http2 && http::is_grpc(head.fields.find(http::FieldId::content_type).value_or(""))) {
    stream_->set_pace(wire::Pace::conversation);
  }
}

// Of the response's head or its trailers, which have the last word.
void Exchange::note_grpc_status(const http::FieldList& fields) {
  if (!grpc_) return;
  const auto value = fields.find("grpc-status");
  if (!value) return;
  if (const auto number = http::read_grpc_status(*value)) grpc_status_ = number;
}

void Exchange::count_call(observe::RouteCounters& route) const {
  const GrpcCourse course{
      .sent = grpc_status_, .status = status_, .answered = target_status_ != 0, .failure = failure_};
  const GrpcEnd end = end_of_call(course);
  route.grpc.add(end.status, end.by);
  if (fails_without_5xx(course)) route.grpc_failures.add(end.by);
}

}  // namespace weir::proxy
