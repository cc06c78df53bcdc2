#include "lb/wire/http2_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lb/http/h2_request.h"

namespace weir::wire {
namespace {

using http::H2Error;

// Of the PING whose answer says that the client has seen the first GOAWAY.
constexpr std::string_view kDrainPing = "weirends";

// How long a client may take to see that it has to open no more streams, where the daemon does not stop.
constexpr base::Duration kEndQuiet = std::chrono::seconds(1);

}  // namespace

Http2Server::Http2Server(Context& context, Shared& shared, std::unique_ptr<net::ByteStream> stream,
                         const ServerPolicy& policy, const Http2Policy& http2, Http2Owner& owner)
    : Http2Connection(context, std::move(stream), http2, http::H2Role::server),
      shared_(shared),
      server_policy_(policy),
      owner_(owner),
      born_(context.loop.now()),
      idle_since_(born_) {
  begin();
  begin_reading();
}

Http2Server::~Http2Server() { give_back_retired(); }

void Http2Server::receive_first(std::string_view bytes) { receive(context_.turn.keep(std::string(bytes))); }

// --- requests

http::ParserLimits Http2Server::limits() const {
  http::ParserLimits limits = server_policy_.limits;
  limits.head_bytes = policy_.header_list;
  return limits;
}

void Http2Server::on_block(std::uint32_t id, bool end_stream, std::string_view block) {
  if (id % 2 == 0) return give_up(H2Error::protocol_error, "bad_stream_id");
  if (Http2Stream* const stream = table_.find(id)) return read_trailers(*stream, end_stream, block);
  if (id <= last_peer_stream_) {
    if (!drop_block(block) || recently_reset_.has(id)) return;
    return give_up(H2Error::stream_closed, "headers_on_closed_stream");
  }
  last_peer_stream_ = id;
  if (id > last_accepted_) {  // the client knows, or will, that nothing has been done
    if (drop_block(block)) recently_reset_.add(id, policy_.streams);
    return;
  }
  if (table_.size() >= policy_.streams) {
    const auto kind = knows_limits_ ? http::H2Flood::resets : http::H2Flood::late_frames;
    if (drop_block(block) && count(kind)) reset(id, H2Error::refused_stream);
    return;
  }
  begin_request(id, end_stream, block);
}

void Http2Server::begin_request(std::uint32_t id, bool end_stream, std::string_view block) {
  http::RequestHead& head = shared_.head;
  head.clear();
  http::H2RequestReader reader(head, limits(), policy_.extended_connect);
  if (!decoder_.decode(block, reader)) return give_up(H2Error::compression_error, "bad_header_block");
  const http::H2Verdict verdict = reader.finish(end_stream);
  const bool malformed = verdict.kind == http::H2Verdict::Kind::malformed;
  if (malformed && !count(http::H2Flood::resets)) return;
  if (verdict && reader.is_upgrade() && reader.protocol() == "websocket") {
    http::add_websocket_key(head, {shared_.random.next(), shared_.random.next()});
  }
  Http2ServerStream& stream = begin_stream(id, end_stream);
  if (!verdict) return refuse(stream, malformed, verdict.problem);
  begin_exchange(stream, end_stream, reader.is_upgrade());
}

Http2ServerStream& Http2Server::begin_stream(std::uint32_t id, bool end_stream) {
  const base::Instant now = context_.loop.now();
  http::RequestHead& head = shared_.head;
  Http2ServerStream& stream = *shared_.streams.take().release();
  open(stream, id);
  stream.received_ = block_bytes_;
  stream.head_request_ = head.method == http::Method::head;
  stream.peer_ended_ = end_stream;
  stream.progress_.began = partial_since_ == base::kNever ? now : partial_since_;
  count_request();
  return stream;
}

void Http2Server::refuse(Http2ServerStream& stream, bool malformed, http::Problem problem) {
  stream.request_failed_ = stream.discards_ = true;
  stream.malformed_ = stream.drops_content_ = stream.end_sent_ = malformed;
  const Failure failure{Reason::malformed, problem, 0};
  stream.handler_ = &owner_.on_refused(*this, stream, shared_.head, failure, stream.progress_.began);
}

void Http2Server::begin_exchange(Http2ServerStream& stream, bool end_stream, bool upgrade) {
  const base::Instant now = context_.loop.now();
  http::RequestHead& head = shared_.head;
  stream.awaits_tunnel_ = upgrade;
  stream.held_end_ = upgrade && end_stream;
  if (!end_stream && !upgrade) {
    if (head.body.kind != http::Body::Kind::chunked) stream.in_left_ = head.body.length;
    stream.continue_owed_ = head.expect_continue;
    stream.progress_.rate_since = now;
    stream.progress_.rate_bytes = stream.progress_.head_end = stream.received_;
    note_due(stream.due(server_policy_, /*starves=*/false));
  }
  stream.handler_ = &owner_.on_request(*this, stream, head, stream.progress_.began);
  if (!stream.open() || !(end_stream || upgrade)) return;
  if (stream.paused_ && !upgrade) {
    stream.held_end_ = true;
  } else {
    end_of_message(stream);
  }
}

void Http2Server::read_trailers(Http2Stream& its_stream, bool end_stream, std::string_view block) {
  Http2ServerStream& stream = own(its_stream);
  if (stream.peer_ended_ || stream.discards_) {
    if (!drop_block(block)) return;
    if (stream.peer_ended_) return on_stream_fault(stream, H2Error::stream_closed, http::Problem::none);
    stream.peer_ended_ = end_stream;
    if (end_stream) on_discarded_end(stream);
    return;
  }
  http::H2TrailerReader reader(stream.trailers_, limits());
  if (!decoder_.decode(block, reader)) return give_up(H2Error::compression_error, "bad_header_block");
  const http::H2Verdict verdict = reader.finish();
  if (!end_stream || verdict.kind == http::H2Verdict::Kind::malformed || stream.raw_ ||
      stream.awaits_tunnel_) {
    return on_stream_fault(stream, H2Error::protocol_error, http::Problem::bad_trailer);
  }
  if (stream.in_left_.value_or(0) != 0) {
    return on_stream_fault(stream, H2Error::protocol_error, http::Problem::incomplete_body);
  }
  stream.peer_ended_ = true;
  if (!verdict) {
    stream.request_failed_ = stream.discards_ = true;
    return stream.handler_->on_request_failed({Reason::malformed, verdict.problem, 0});
  }
  if (stream.holds()) {
    stream.held_end_ = true;
  } else {
    end_of_message(stream);
  }
}

void Http2Server::count_request() {
  ++requests_;
  const bool last = server_policy_.requests && requests_ >= *server_policy_.requests;
  const bool old = server_policy_.lifetime && context_.loop.now() - born_ >= *server_policy_.lifetime;
  if (last || old) announce_end(kEndQuiet);
}

// --- streams

http::H2Flood Http2Server::flood_of_reset(const Http2Stream* stream) const {
  if (stream == nullptr) return http::H2Flood::late_frames;
  return own(*stream).head_sent_ ? http::H2Flood::none : http::H2Flood::resets;
}

void Http2Server::on_reset(Http2Stream& stream, H2Error) {
  fail(stream, {Reason::client_gone, http::Problem::none, 0}, std::nullopt);
}

void Http2Server::on_stream_fault(Http2Stream& stream, H2Error error, http::Problem problem) {
  if (!count(http::H2Flood::resets)) return;
  const Reason reason = problem == http::Problem::none ? Reason::client_gone : Reason::malformed;
  fail(stream, {reason, problem, 0}, error);
}

void Http2Server::on_end_appended(Http2Stream& its_stream) {
  Http2ServerStream& stream = own(its_stream);
  if (stream.malformed_) {
    reset(stream.id(), H2Error::protocol_error);
    stream.sent_ += http::kH2FrameHeadSize + 4;
  } else if (!stream.peer_ended_ && !stream.raw_) {
    discard(stream);
  }
}

void Http2Server::on_stream_over(Http2Stream&) {
  if (!table_.empty()) return;
  idle_since_ = context_.loop.now();
  if (server_policy_.idle) note_due(idle_since_ + *server_policy_.idle);
}

void Http2Server::give_back(Http2Stream& stream) {
  shared_.streams.give_back(std::unique_ptr<Http2ServerStream>(&own(stream)));
}

void Http2Server::on_resumed(Http2Stream& its_stream) {
  Http2ServerStream& stream = own(its_stream);
  stream.progress_.rate_since = context_.loop.now();
  stream.progress_.rate_bytes = stream.received_;
  note_due(stream.due(server_policy_, starves(stream)));
}

// --- the end

void Http2Server::on_goaway(const http::H2GoAway&) {
  client_leaves_ = true;
  flush_later();
}

void Http2Server::on_ping_ack(std::string_view payload) {
  if (drain_ == Drain::announced && payload == kDrainPing) finish_drain();
}

void Http2Server::announce_end(base::Duration quiet) {
  if (over() || drain_ != Drain::none) return;
  drain_ = Drain::announced;
  drain_due_ = context_.loop.now() + quiet;
  send_goaway(http::kH2MaxStreamId, H2Error::no_error, {});
  send_ping(kDrainPing);
  note_due(drain_due_);
}

void Http2Server::finish_drain() {
  drain_ = Drain::final;
  drain_due_ = base::kNever;
  last_accepted_ = last_peer_stream_;
  send_goaway(last_accepted_, H2Error::no_error, {});
}

void Http2Server::drain(base::Duration quiet) {
  const Turn::Scope scope(context_.turn);
  announce_end(quiet);
}

// Nothing that the client may still open is served: it learns which stream was the last.
void Http2Server::shut_down(Reason reason) {
  fail_all({reason, http::Problem::none, 0});
  if (drain_ != Drain::final) finish_drain();
  end();
}

void Http2Server::abort() {
  if (closed()) return;
  const Turn::Scope scope(context_.turn);
  fail_all({Reason::stopping, http::Problem::none, 0});
  close_now();
}

void Http2Server::on_input_end() { on_broken(0, /*writing=*/false); }

void Http2Server::on_broken(int error, bool) {
  fail_all({Reason::client_gone, http::Problem::none, error});
  close_now();
}

}  // namespace weir::wire
