#include "lb/wire/http2_connection.h"

#include <algorithm>
#include <utility>

#include "lb/wire/patience.h"

namespace weir::wire {
namespace {

using http::H2Error;

template <class T>
void shrink(std::vector<T>& list) {
  if (list.empty() && list.capacity() > 8) std::vector<T>().swap(list);
}

}  // namespace

Http2Connection::Http2Connection(Context& context, std::unique_ptr<net::ByteStream> stream,
                                 const Http2Policy& policy, http::H2Role role)
    : context_(context),
      policy_(policy),
      stream_(std::move(stream)),
      deadline_(context.loop.timers(), this,
                [](void* self) { static_cast<Http2Connection*>(self)->on_deadline(); }),
      guard_(policy.resets_per_second),
      last_read_(context.loop.now()),
      last_write_(context.loop.now()),
      output_(context.turn),
      reader_(role == http::H2Role::server),
      role_(role) {
  stream_->set_events(this);
}

void Http2Connection::begin() {
  http::H2Settings ours;
  ours.initial_window = policy_.stream_window;
  ours.max_header_list = static_cast<std::uint32_t>(std::min<std::uint64_t>(policy_.header_list, UINT32_MAX));
  if (role_ == http::H2Role::server) {
    ours.max_concurrent_streams = policy_.streams;
    ours.enable_connect_protocol = policy_.extended_connect;
  } else {
    ours.enable_push = false;
  }
  const std::uint32_t more = receive_window_.enlarge(policy_.connection_window);
  append_frame([&](std::string& to) {
    if (role_ == http::H2Role::client) to.append(http::kH2Preface);
    http::write_settings(to, ours);
    if (more != 0) http::write_window_update(to, 0, more);
  });
}

// --- reading

void Http2Connection::begin_reading() {
  update_interest();
  arm();
}

void Http2Connection::on_readable() {
  const Turn::Scope scope(context_.turn);
  if (closed()) return;
  if (connecting_) return on_connecting();
  if (!interest_.read) return on_broken(0, /*writing=*/false);
  read_once();
}

void Http2Connection::read_once() {
  const net::IoResult result = stream_->read(context_.turn.read_buffer());
  switch (result.kind) {
    case net::IoResult::Kind::would_block: return;
    case net::IoResult::Kind::done: receive({context_.turn.read_buffer().data(), result.bytes}); break;
    case net::IoResult::Kind::error: on_broken(result.error, /*writing=*/false); break;
    case net::IoResult::Kind::end:
      read_closed_ = true;
      if (over_) {
        close_now();
      } else {
        on_input_end();
      }
      break;
  }
  if (!closed()) update_interest();
}

void Http2Connection::receive(std::string_view input) {
  last_read_ = context_.loop.now();
  if (over_) return;
  consume(input);
  if (over_) return;
  if (!reader_.in_frame() && block_stream_ == 0) {
    partial_since_ = base::kNever;
  } else if (partial_since_ == base::kNever) {
    partial_since_ = context_.loop.now();
    note_due(due());
  }
}

void Http2Connection::consume(std::string_view input) {
  while (!over_) {
    const Http2Step step = reader_.next(input);
    switch (step.kind) {
      case Http2Step::Kind::need_more: return;
      case Http2Step::Kind::failed: give_up(step.error, fault_of(step)); return;
      default: take(step);
    }
  }
}

// "HTTP/" where the head of the first frame should be.
std::string_view Http2Connection::fault_of(const Http2Step& failed) const {
  if (!reader_.seen_preface()) return "bad_preface";
  const http::H2FrameHead& head = failed.head;
  const bool http1 = head.length == 0x485454 && head.type == http::H2FrameType{'P'} && head.flags == '/';
  return http1 && !settings_seen_ ? kHttp1Answer : "bad_frame";
}

// --- streams

void Http2Connection::open(Http2Stream& stream, std::uint32_t id) {
  stream.begin(*this, id, peer_.initial_window, policy_.stream_window, context_.loop.now());
  table_.add(id, stream);
}

void Http2Connection::fail(Http2Stream& stream, const Failure& failure, std::optional<H2Error> reset_with) {
  drop(stream, reset_with);
  stream.on_failed(failure);
}

void Http2Connection::fail_all(const Failure& failure) {
  const std::vector<Http2StreamTable::Entry> streams(table_.begin(), table_.end());
  for (const auto& entry : streams) {
    if (table_.find(entry.id) != nullptr) fail(*entry.stream, failure, std::nullopt);
  }
}

void Http2Connection::drop(Http2Stream& stream, std::optional<H2Error> reset_with) {
  if (reset_with) {
    reset(stream.id_, *reset_with);
    stream.sent_ += http::kH2FrameHeadSize + 4;
  }
  retire(stream);
}

void Http2Connection::reset(std::uint32_t id, H2Error error) {
  recently_reset_.add(id, policy_.streams);
  append_frame([&](std::string& to) { http::write_rst_stream(to, id, error); });
}

void Http2Connection::retire(Http2Stream& stream) {
  stream.connection_ = nullptr;
  table_.remove(stream.id_);
  if (stream.ready_) std::erase(ready_, &stream);
  if (stream.due_) std::ranges::replace(due_, &stream, nullptr);
  if (stream.ending_) std::ranges::replace(ending_, &stream, nullptr);
  if (!stream.held_.empty()) consumed(stream.held_.size());
  retired_.push_back(&stream);
  on_stream_over(stream);
  flush_later();
}

void Http2Connection::give_back_retired() {
  for (Http2Stream* const stream : retired_) give_back(*stream);
  retired_.clear();
}

// While no stream is open nothing is kept for one.
void Http2Connection::rest() {
  shrink(ready_);
  shrink(due_);
  shrink(ending_);
  shrink(retired_);
  if (output_.empty()) output_.release();
}

// --- what handlers are told

void Http2Connection::tell_later(Http2Stream& stream) {
  if (stream.due_) return;
  stream.due_ = true;
  due_.push_back(&stream);
  flush_later();
}

void Http2Connection::tell_due() {
  std::size_t next = 0;
  while (next < due_.size()) {
    Http2Stream* const stream = std::exchange(due_[next++], nullptr);
    if (stream == nullptr) continue;
    stream->due_ = false;
    tell(*stream);
  }
  due_.clear();
}

void Http2Connection::tell(Http2Stream& stream) {
  if (!stream.paused_ && !stream.awaits_tunnel_) {
    if (!stream.held_.empty()) {
      deliver(stream, context_.turn.keep(std::exchange(stream.held_, {})));
      if (!stream.open()) return;
    }
    if (stream.held_end_ && !stream.paused_) {
      stream.held_end_ = false;
      end_of_message(stream);
      if (!stream.open()) return;
    }
    return_window(stream);
  }
  if (!stream.congested_ && stream.waiting() >= StreamHandler::kHighMark) {
    stream.congested_ = true;
    stream.handler().on_congested();
  } else if (stream.congested_ && stream.waiting() <= StreamHandler::kLowMark) {
    stream.congested_ = false;
    stream.handler().on_drained();
  }
}

// --- the end

void Http2Connection::give_up(H2Error error, std::string_view word) {
  if (over_) return;
  fault_ = {error, word};
  send_goaway(last_peer_stream_, error, word);
  end();
  on_given_up();
}

void Http2Connection::end() {
  if (over_) return;
  over_ = true;
  ended_since_ = context_.loop.now();
  arm();
  flush_later();
}

void Http2Connection::begin_linger() {
  lingers_ = true;
  if (stream_->shutdown_write().kind == net::IoResult::Kind::error || read_closed_) return close_now();
  ended_since_ = context_.loop.now();
  update_interest();
  arm();
}

void Http2Connection::close_now() {
  if (closed()) return;
  over_ = true;
  stream_.reset();
  output_.clear();
  deadline_.clear();
  on_closed();
}

// --- time

void Http2Connection::arm() { deadline_.set(over_ ? ended_since_ + kLinger : due()); }

void Http2Connection::on_deadline() {
  const Turn::Scope scope(context_.turn);
  if (closed()) return;
  const base::Instant now = context_.loop.now();
  if (over_) {
    if (now >= ended_since_ + kLinger) return close_now();
  } else if (now >= due()) {
    expire(now);
  }
  if (!closed()) arm();
}

// A peer that takes little by little may not make the socket writable for long: so there is a look at what it
// took now and then.
base::Instant Http2Connection::write_due(const std::optional<base::Duration>& wait) const {
  if (!blocked_ || !wait) return base::kNever;
  return std::min(last_write_ + *wait, std::max(last_write_, looked_) + *wait / 4);
}

bool Http2Connection::takes_nothing(base::Instant now, const std::optional<base::Duration>& wait) {
  if (now < write_due(wait)) return false;
  const std::uint64_t untaken = stream_->untaken();
  if (looked_ >= last_write_ && untaken != untaken_) last_write_ = now;
  looked_ = now;
  untaken_ = untaken;
  return now >= last_write_ + *wait;
}

void Http2Connection::update_interest() {
  if (closed()) return;
  const net::Interest interest{.read = !connecting_ && !read_closed_ && output_.size() < kReadStop,
                               .write = connecting_ || !output_.empty()};
  if (interest == interest_) return;
  interest_ = interest;
  stream_->want(interest);
}

}  // namespace weir::wire
