// The deadlines of an HTTP/2 connection to a target: those of Http1Client, for each stream.

#include <algorithm>

#include "lb/wire/http2_client.h"
#include "lb/wire/patience.h"

namespace weir::wire {
namespace {

using http::H2Error;
using http::Problem;

// Of the PING that asks whether the target is there.
constexpr std::string_view kAlivePing = "weirping";

// How long a target may take to answer a PING once it has not answered a request.
constexpr base::Duration kPingPatience = std::chrono::seconds(5);

}  // namespace

base::Instant Http2ClientStream::due(const ClientPolicy& policy, bool starves) const {
  // Whoever was asked for a 100 (Continue) has to say something, though the request is not complete.
  const bool asked = awaits_continue_ && !head_seen_;
  base::Instant at = starves || asked ? after(last_write_, response_) : base::kNever;
  if (paused_) return at;
  if (!head_seen_) return std::min(at, after(request_sent_, response_));
  if (!in_done_) at = std::min(at, after(last_read_, policy.idle));
  return at;
}

base::Instant Http2Client::due_of_starving(const Http2Stream& stream) const {
  return after(own(stream).last_write_, own(stream).response_);
}

base::Instant Http2Client::due() const {
  if (connecting_) return after(born_, client_policy_.connect);
  base::Instant at = write_due(client_policy_.response);
  if (asked_ != base::kNever) at = std::min(at, asked_ + kPingPatience);
  if (policy_.ping && !table_.empty()) at = std::min(at, std::max(last_read_, last_begun_) + *policy_.ping);
  if (table_.empty()) return std::min(at, after(born_, client_policy_.max_age));
  for (const auto& entry : table_) {
    at = std::min(at, own(*entry.stream).due(client_policy_, starves(*entry.stream)));
  }
  return at;
}

void Http2Client::expire(base::Instant now) {
  if (connecting_) {
    return break_now({Reason::connect_timeout, Problem::none, 0});
  }
  const bool silent = asked_ != base::kNever && now >= asked_ + kPingPatience;
  if (silent || takes_nothing(now, client_policy_.response)) {
    fail_timed_out();
    return close_now();
  }
  if (table_.empty()) {
    if (now >= after(born_, client_policy_.max_age)) leave();
    return;
  }
  if (policy_.ping && now >= std::max(last_read_, last_begun_) + *policy_.ping) ask_alive(now);
  expire_streams(now);
}

Failure Http2Client::timeout_of(const Http2ClientStream& stream) {
  return {stream.head_seen_ ? Reason::response_idle_timeout : Reason::response_timeout, Problem::none, 0};
}

void Http2Client::fail_timed_out() {
  leaving_ = true;
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (table_.find(entry.id) == entry.stream) {
      fail(*entry.stream, timeout_of(own(*entry.stream)), std::nullopt);
    }
  }
}

void Http2Client::expire_streams(base::Instant now) {
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (over()) return;
    if (table_.find(entry.id) != entry.stream) continue;
    Http2ClientStream& stream = own(*entry.stream);
    if (now < stream.due(client_policy_, starves(stream))) continue;
    ask_alive(now);
    fail(stream, timeout_of(stream), H2Error::cancel);
  }
}

// Nothing has come since for one stream: are the others in vain, too?
void Http2Client::ask_alive(base::Instant now) {
  if (asked_ != base::kNever) return;
  asked_ = now;
  send_ping(kAlivePing);
  note_due(asked_ + kPingPatience);
}

void Http2Client::on_ping_ack(std::string_view payload) {
  if (payload != kAlivePing || asked_ == base::kNever) return;
  asked_ = base::kNever;
  room_changed_ = true;
  flush_later();
}

// What the target says has not been listened to meanwhile.
void Http2Client::on_resumed(Http2Stream& its_stream) {
  Http2ClientStream& stream = own(its_stream);
  if (!stream.head_seen_ && stream.request_sent_ != base::kNever) stream.request_sent_ = context_.loop.now();
  note_due(stream.due(client_policy_, starves(stream)));
}

}  // namespace weir::wire
