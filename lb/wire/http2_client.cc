#include "lb/wire/http2_client.h"

#include <algorithm>
#include <utility>

#include "lb/http/h2_request.h"
#include "lb/http/h2_response.h"

namespace weir::wire {
namespace {

using http::H2Error;
using http::Problem;

bool is_too_large(Problem problem) {
  return problem == Problem::header_too_large || problem == Problem::too_many_headers;
}

}  // namespace

Http2Client::Http2Client(Context& context, Shared& shared, std::unique_ptr<net::ByteStream> stream,
                         bool connecting, const ClientPolicy& policy, const Http2Policy& http2,
                         std::string_view scheme, Http2ClientOwner& owner)
    : Http2Connection(context, std::move(stream), http2, http::H2Role::client),
      shared_(shared),
      client_policy_(policy),
      owner_(owner),
      scheme_(scheme),
      born_(context.loop.now()),
      last_begun_(born_) {
  connecting_ = connecting;
  Http2Connection::begin();
  begin_reading();
}

Http2Client::~Http2Client() { give_back_retired(); }

void Http2Client::on_connecting() {
  const net::IoResult result = stream_->established();
  if (result.kind == net::IoResult::Kind::would_block) return;
  if (result.kind == net::IoResult::Kind::error) {
    return break_now(explained({connect_reason(result.error), Problem::none, result.error}));
  }
  if (const Failure failure = unfit(); failure.reason != Reason::none) {
    return break_now(failure);
  }
  connecting_ = false;
  last_read_ = last_write_ = context_.loop.now();
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (table_.find(entry.id) == entry.stream) own(*entry.stream).handler_->on_connected();
  }
  if (closed()) return;
  begin_reading();
  flush_later();
}

// --- exchanges

bool Http2Client::worn_out() const {
  if (client_policy_.max_requests && exchanges_ >= *client_policy_.max_requests) return true;
  if (client_policy_.max_age && context_.loop.now() - born_ >= *client_policy_.max_age) return true;
  return next_id_ > http::kH2MaxStreamId - 2;
}

std::size_t Http2Client::room() const {
  if (over() || leaving_ || asked_ != base::kNever || worn_out()) return 0;
  std::size_t most = std::min<std::size_t>(policy_.streams, peer_.max_concurrent_streams);
  if (!settled_) most = std::min(most, expected_streams_);
  if (client_policy_.max_requests) {
    most = static_cast<std::size_t>(
        std::min<std::uint64_t>(most, table_.size() + *client_policy_.max_requests - exchanges_));
  }
  return most - std::min(most, table_.size());
}

Http2ClientStream& Http2Client::begin(ClientHandler& handler) {
  Http2ClientStream& stream = *shared_.streams.take().release();
  open(stream, std::exchange(next_id_, next_id_ + 2));
  stream.handler_ = &handler;
  stream.awaits_head_ = true;
  stream.response_ = client_policy_.response;
  stream.reused_ = exchanges_ != 0 && !connecting_;
  ++exchanges_;
  last_begun_ = context_.loop.now();
  if (policy_.ping) note_due(last_begun_ + *policy_.ping);
  return stream;
}

void Http2Client::on_stream_over(Http2Stream&) {
  room_changed_ = true;
  if (table_.empty() && worn_out()) leave();
}

void Http2Client::give_back(Http2Stream& stream) {
  shared_.streams.give_back(std::unique_ptr<Http2ClientStream>(&own(stream)));
}

void Http2Client::on_peer_settings() {
  settled_ = true;
  room_changed_ = true;
  flush_later();
}

void Http2Client::flush() {
  Http2Connection::flush();
  if (std::exchange(room_changed_, false) && !over()) owner_.on_room(*this);
}

// --- responses

void Http2Client::on_block(std::uint32_t id, bool end_stream, std::string_view block) {
  if (is_idle(id)) return give_up(H2Error::protocol_error, "frame_on_idle_stream");
  Http2Stream* const stream = table_.find(id);
  if (stream == nullptr || own(*stream).discards_) {
    drop_block(block);
    return;
  }
  Http2ClientStream& its_stream = own(*stream);
  its_stream.response_begun_ = true;
  its_stream.last_read_ = context_.loop.now();
  if (its_stream.head_seen_) {
    read_trailers(its_stream, end_stream, block);
  } else {
    read_head(its_stream, end_stream, block);
  }
}

void Http2Client::read_head(Http2ClientStream& stream, bool end_stream, std::string_view block) {
  http::ResponseHead& head = shared_.head;
  head.clear();
  http::H2ResponseReader reader(head, client_policy_.limits, stream.method_);
  if (!decoder_.decode(block, reader)) return give_up(H2Error::compression_error, "bad_header_block");
  const http::H2Verdict verdict = reader.finish(end_stream);
  if (!verdict) return fail_malformed(stream, verdict.problem);
  if (head.status < 200) {
    if (head.status == 100) stream.awaits_continue_ = false;
    return stream.handler_->on_response_head(head);
  }
  stream.head_seen_ = true;
  stream.awaits_head_ = false;
  stream.awaits_continue_ = false;
  if (end_stream) {
    stream.peer_ended_ = true;
  } else {
    if (head.body.kind != http::Body::Kind::chunked) stream.in_left_ = head.body.length;
    note_due(stream.due(client_policy_, starves(stream)));
  }
  stream.handler_->on_response_head(head);
  if (end_stream && stream.open()) end_response(stream);
}

void Http2Client::read_trailers(Http2ClientStream& stream, bool end_stream, std::string_view block) {
  http::H2TrailerReader reader(stream.trailers_, client_policy_.limits);
  if (!decoder_.decode(block, reader)) return give_up(H2Error::compression_error, "bad_header_block");
  const http::H2Verdict verdict = reader.finish();
  if (!verdict) return fail_malformed(stream, verdict.problem);
  if (!end_stream || stream.peer_ended_) return fail_malformed(stream, Problem::bad_trailer);
  stream.peer_ended_ = true;
  if (stream.in_left_.value_or(0) != 0) return fail_malformed(stream, Problem::incomplete_body);
  end_response(stream);
}

void Http2Client::end_response(Http2ClientStream& stream) {
  if (stream.holds()) {
    stream.held_end_ = true;
  } else {
    end_of_message(stream);
  }
}

void Http2Client::fail_malformed(Http2ClientStream& stream, Problem problem) {
  const Reason reason = is_too_large(problem) ? Reason::response_head_too_large : Reason::response_malformed;
  fail(stream, {reason, problem, 0}, H2Error::protocol_error);
}

void Http2Client::on_stream_fault(Http2Stream& stream, H2Error error, Problem problem) {
  const Reason reason = problem == Problem::none ? Reason::target_stream_reset : Reason::response_malformed;
  fail(stream, {reason, problem, 0}, error);
}

// --- what the target gives up

void Http2Client::on_reset(Http2Stream& its_stream, H2Error error) {
  Http2ClientStream& stream = own(its_stream);
  if (error == H2Error::no_error && stream.peer_ended_) {
    // The response is whole, and nobody takes the rest of the request (RFC 9113 8.1).
    drop_content(stream);
    return;
  }
  const bool refused = error == H2Error::refused_stream && !stream.response_begun_;
  fail(stream, {refused ? Reason::stream_refused : Reason::target_stream_reset, Problem::none, 0},
       std::nullopt);
}

// Who has looked at no stream of the connection refuses them; the next connection need not go better.
void Http2Client::on_goaway(const http::H2GoAway& goaway) {
  const Reason reason = goaway.last_stream == 0 ? Reason::stream_refused : Reason::target_leaving;
  leaving_ = true;
  room_changed_ = true;
  flush_later();
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (entry.id <= goaway.last_stream || table_.find(entry.id) != entry.stream) continue;
    fail(*entry.stream, {reason, Problem::none, 0}, std::nullopt);
  }
}

void Http2Client::on_input_end() {
  leaving_ = true;
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (table_.find(entry.id) != entry.stream) continue;
    const bool begun = own(*entry.stream).response_begun_;
    fail(*entry.stream, {begun ? Reason::response_truncated : Reason::target_closed, Problem::none, 0},
         std::nullopt);
  }
  close_now();
}

void Http2Client::on_broken(int error, bool) {
  fail_broken(error);
  close_now();
}

void Http2Client::fail_broken(int error) {
  leaving_ = true;
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (table_.find(entry.id) != entry.stream) continue;
    fail(*entry.stream, explained(why_broken(own(*entry.stream), error)), std::nullopt);
  }
}

Failure Http2Client::why_broken(const Http2ClientStream& stream, int error) const {
  if (connecting_) return {connect_reason(error), Problem::none, error};
  if (stream.head_seen_) return {Reason::response_truncated, Problem::none, error};
  const bool fault = this->fault().error != H2Error::no_error;
  if (fault) return {Reason::response_malformed, Problem::bad_http2, 0};
  return {Reason::target_reset, Problem::none, error};
}

void Http2Client::leave() {
  if (over()) return;
  leaving_ = true;
  send_goaway(0, H2Error::no_error, {});
}

// What fails may begin anew at once: not here.
void Http2Client::break_now(const Failure& failure) {
  leaving_ = true;
  fail_all(failure);
  close_now();
}

void Http2Client::close() {
  if (closed()) return;
  const Turn::Scope scope(context_.turn);
  leave();
  if (!closed()) Http2Connection::flush();
  if (!closed()) close_now();
}

void Http2Client::break_off(const Failure& failure) {
  if (closed()) return;
  const Turn::Scope scope(context_.turn);
  break_now(failure);
}

}  // namespace weir::wire
