// The deadlines of an HTTP/2 server connection: those of Http1Server, for each stream.

#include <algorithm>

#include "lb/wire/http2_server.h"
#include "lb/wire/patience.h"

namespace weir::wire {
namespace {

using http::H2Error;

// How long a request may go on after its answer has ended. A reset that comes right behind the answer makes
// curl 7.88 (Debian 12) lose it, as it does not look at what it has received while it sends.
constexpr base::Duration kEndingTime = std::chrono::milliseconds(500);

constexpr std::string_view kWakePing = "answered";

}  // namespace

std::optional<base::Instant> Http2Server::waiting_since() const {
  if (!table_.empty()) return std::nullopt;
  return partial_since_ == base::kNever ? idle_since_ : partial_since_;
}

base::Instant Http2ServerStream::due(const ServerPolicy& policy, bool starves) const {
  if (lingers()) return reset_due_;
  base::Instant at = starves ? after(last_write_, policy.write) : base::kNever;
  if (is_conversation()) return std::min(at, after(std::max(last_read_, last_write_), policy.tunnel));
  if (!waits_for_body() || !policy.body) return at;
  at = std::min(at, last_read_ + *policy.body);
  return pace_ == Pace::steady ? std::min(at, progress_.rate_since + kRateWindow) : at;
}

base::Instant Http2Server::due_of_starving(const Http2Stream& stream) const {
  return after(own(stream).last_write_, server_policy_.write);
}

base::Instant Http2Server::due() const {
  base::Instant at = std::min({write_due(server_policy_.write), drain_due_, wake_due_});
  at = std::min(at, after(partial_since_, server_policy_.header));
  if (table_.empty()) return std::min(at, after(idle_since_, server_policy_.idle));
  for (const auto& entry : table_) {
    at = std::min(at, own(*entry.stream).due(server_policy_, starves(*entry.stream)));
  }
  return at;
}

void Http2Server::expire(base::Instant now) {
  if (takes_nothing(now, server_policy_.write)) {
    stream_->reset_on_close();
    fail_all({Reason::write_timeout, http::Problem::none, 0});
    return close_now();
  }
  if (now >= drain_due_) finish_drain();
  if (now >= wake_due_) {
    wake_due_ = base::kNever;
    send_ping(kWakePing);
  }
  if (now >= after(partial_since_, server_policy_.header)) return shut_down(Reason::header_timeout);
  if (table_.empty() && now >= after(idle_since_, server_policy_.idle)) {
    read_once();  // a request may have come in the same turn
    if (!over() && table_.empty() && partial_since_ == base::kNever) shut_down(Reason::idle_timeout);
    return;
  }
  expire_streams(now);
}

void Http2Server::expire_streams(base::Instant now) {
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (over()) return;
    if (table_.find(entry.id) != entry.stream) continue;
    Http2ServerStream& stream = own(*entry.stream);
    if (now >= stream.due(server_policy_, starves(stream))) expire_stream(stream, now);
  }
}

void Http2Server::expire_stream(Http2ServerStream& stream, base::Instant now) {
  if (stream.lingers()) return drop(stream, H2Error::no_error);
  if (starves(stream) && now >= after(stream.last_write_, server_policy_.write)) {
    return fail(stream, {Reason::write_timeout, http::Problem::none, 0}, H2Error::cancel);
  }
  if (stream.raw_) return fail(stream, {Reason::tunnel_timeout, http::Problem::none, 0}, H2Error::cancel);
  if (stream.continue_owed_ && stream.received_ == stream.progress_.head_end) {
    stream.last_read_ = stream.progress_.rate_since = now;  // it may wait for the 100 before it sends
    return;
  }
  if (stream.is_conversation() || now >= after(stream.last_read_, server_policy_.body) ||
      stream.body_is_too_slow(now)) {
    stream.request_failed_ = stream.discards_ = true;
    stream.handler_->on_request_failed({Reason::body_timeout, http::Problem::none, 0});
  }
}

// RFC 9113 8.1: the answer is whole, and nobody takes the rest of the request.
void Http2Server::linger(Http2ServerStream& stream) {
  stream.congested_ = stream.paused_ = stream.awaits_tunnel_ = false;
  stream.reset_due_ = context_.loop.now() + kEndingTime;
  note_due(stream.reset_due_);
}

// curl 7.88 ends a request as soon as it sees that the answer refuses it, and then may wait for anything to
// come before it looks at the rest of the answer that it has. After the end nothing can come on this stream.
void Http2Server::on_discarded_end(Http2Stream& its_stream) {
  Http2ServerStream& stream = own(its_stream);
  if (!stream.lingers()) return;
  drop(stream, std::nullopt);
  wake_due_ = context_.loop.now() + kEndingTime;
  note_due(wake_due_);
}

bool Http2ServerStream::body_is_too_slow(base::Instant now) {
  if (pace_ != Pace::steady || now < progress_.rate_since + kRateWindow) return false;
  const bool slow = received_ - progress_.rate_bytes < kRateBytes;
  progress_.rate_since = now;
  progress_.rate_bytes = received_;
  return slow;
}

}  // namespace weir::wire
