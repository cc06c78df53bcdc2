#include "lb/wire/http1_client.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lb/wire/patience.h"

namespace weir::wire {
namespace {

constexpr std::size_t kRequestHeadExtra = 256;  // framing fields

}  // namespace

Http1Client::Http1Client(Context& context, Actives& actives, std::unique_ptr<net::ByteStream> stream,
                         bool connecting, const ClientPolicy& policy, ClientOwner& owner)
    : Http1Stream(context, actives, std::move(stream)),
      owner_(owner),
      policy_(policy),
      deadline_(context.loop.timers(), this,
                [](void* self) { static_cast<Http1Client*>(self)->on_deadline(); }),
      born_(context.loop.now()),
      connecting_(connecting) {
  if (connecting_) {
    want({.read = false, .write = true});
  } else {
    update_interest();
  }
  arm();
}

// --- the request

void Http1Client::begin(ClientHandler& handler) {
  response_ = policy_.response;
  handler_ = &handler;
  ++exchanges_;
  request_sent_ = base::kNever;
  released_ = head_seen_ = interim_ = awaits_continue_ = false;
  activate();
}

void Http1Client::send_head(const http::OutgoingRequest& head) {
  const auto connection =
      head.fields.has(http::FieldId::upgrade) ? http::Connection::upgrade : http::Connection::keep;
  active_->parser.expect(head.method);
  active_->out_body = head.body;
  active_->out_left = head.body.length;
  const std::size_t bound =
      head.fields.lines().size() + head.target.size() + head.method_text.size() + kRequestHeadExtra;
  active_->output.append_with(bound,
                              [&](std::string& to) { http::write_request_head(to, head, connection); });
  awaits_continue_ = head.fields.has(http::FieldId::expect);
  head_bytes_ = active_->output.size();
  context_.turn.flush_later(*this);
}

void Http1Client::on_writable() {
  if (!connecting_) return Http1Stream::on_writable();
  const Turn::Scope scope(context_.turn);
  const net::IoResult result = stream_->established();
  if (result.kind == net::IoResult::Kind::would_block) return;
  if (result.kind == net::IoResult::Kind::error) {
    return fail(broken(result.error));
  }
  connecting_ = false;
  if (handler_ != nullptr) handler_->on_connected();
  if (closed()) return;
  arm();
  update_interest();
  context_.turn.flush_later(*this);
}

void Http1Client::flush() {
  if (closed()) return;
  if (connecting_) {
    active_->output.settle();
    return note_congestion();
  }
  Http1Stream::flush();
  if (released_ && !closed()) settle();
}

void Http1Client::on_output_empty() {
  if (handler_ == nullptr) return;
  if (!active_->out_finished) {
    if (awaits_continue_) arm();
    return;
  }
  if (active_->raw) {
    stream_->shutdown_write();
  } else if (request_sent_ == base::kNever) {
    request_sent_ = context_.loop.now();
    arm();
  }
}

// --- the response

bool Http1Client::discards_input(std::size_t) {
  if (handler_ != nullptr || released_) return false;
  close_now();  // a byte that nobody asked for
  return true;
}

void Http1Client::on_head() {
  http::ResponseHead& head = active_->parser.head();
  interim_ = head.status < 200 && head.status != 101;
  if (head.status == 100) awaits_continue_ = false;
  if (!interim_) {
    head_seen_ = true;
    if (head.status == 101) {
      active_->raw = true;
      active_->out_finished = false;
    }
    arm();
  }
  handler_->on_response_head(head);
}

void Http1Client::on_message_end() {
  if (interim_) {
    interim_ = false;
    active_->parser.reset();
    return;
  }
  active_->in_done = true;
  if (handler_ != nullptr) handler_->on_end(active_->parser.trailers());
}

void Http1Client::on_malformed(const http::Problem& problem) {
  const bool large = problem == http::Problem::header_too_large || problem == http::Problem::too_many_headers;
  fail({large ? Reason::response_head_too_large : Reason::response_malformed, problem, 0});
}

void Http1Client::on_input_end() {
  if (handler_ == nullptr) return close_now();
  if (active_->raw) {
    active_->in_done = true;
    return handler_->on_end({});
  }
  if (active_->in_done) return;
  const bool begun = head_seen_ || active_->parser.in_head();
  const bool whole = active_->parser.at_eof().kind == http::Step::Kind::end;
  if (whole && !end_is_doubtful()) return on_message_end();
  fail({begun ? Reason::response_truncated : Reason::target_closed, http::Problem::none, 0});
}

Failure Http1Client::broken(int error) {
  if (connecting_) return explained({connect_reason(error), http::Problem::none, error});
  return explained(
      {head_seen_ ? Reason::response_truncated : Reason::target_reset, http::Problem::none, error});
}

void Http1Client::on_broken(int error) {
  if (handler_ == nullptr) return close_now();
  fail(broken(error));
}

// The target may have answered before it stopped reading: what it sent is still to be read.
void Http1Client::on_write_broken(int error) {
  if (read_closed_ || handler_ == nullptr) on_broken(error);
}

void Http1Client::on_hung_up() {
  if (connecting_) return on_writable();
  // While paused, what was sent before the connection broke is still good; resume() reads it.
  if (!paused_) on_broken(0);
}

// --- the end

void Http1Client::release() {
  handler_ = nullptr;
  released_ = true;
  context_.turn.flush_later(*this);
}

bool Http1Client::reusable() const {
  if (!active_->in_done || !active_->out_finished || !active_->output.empty() || active_->write_broken)
    return false;
  if (active_->raw || read_closed_ || !active_->pending.empty() || !active_->parser.head().keep_alive)
    return false;
  if (policy_.max_requests && exchanges_ >= *policy_.max_requests) return false;
  return !policy_.max_age || context_.loop.now() - born_ < *policy_.max_age;
}

void Http1Client::settle() {
  const bool last_bytes_wait = active_->raw && active_->out_finished && !active_->output.empty();
  if (last_bytes_wait && !active_->write_broken) return arm();
  if (!reusable()) return close_now();
  released_ = false;
  resume();
  deactivate();
  arm();
  owner_.on_idle(*this);
}

void Http1Client::cancel() {
  handler_ = nullptr;
  close_now();
}

void Http1Client::fail(const Failure& failure) {
  ClientHandler* const handler = std::exchange(handler_, nullptr);
  if (handler != nullptr) handler->on_target_failed(failure);
  close_now();
}

void Http1Client::break_off(const Failure& failure) {
  const Turn::Scope scope(context_.turn);
  fail(failure);
}

void Http1Client::close_now() {
  if (closed()) return;
  handler_ = nullptr;
  close_stream();
  deadline_.clear();
  owner_.on_closed(*this);
}

// --- time

base::Instant Http1Client::due() const {
  if (connecting_) return after(born_, policy_.connect);
  if (handler_ == nullptr && released_ && active_->blocked) return after(last_write_, policy_.response);
  if (handler_ == nullptr) return after(born_, policy_.max_age);
  if (active_->raw) return base::kNever;  // the client's side keeps the time of a tunnel
  // Whoever was asked for a 100 (Continue) has to say something, though the request is not complete.
  const bool asked = awaits_continue_ && !head_seen_ && active_->sent == head_bytes_;
  base::Instant at = active_->blocked || asked ? after(last_write_, response_) : base::kNever;
  if (paused_) return at;
  if (!head_seen_) return std::min(at, after(request_sent_, response_));
  if (!active_->in_done) at = std::min(at, after(last_read_, policy_.idle));
  return at;
}

// What the target says has not been listened to meanwhile.
void Http1Client::on_resumed() {
  if (!head_seen_ && request_sent_ != base::kNever) request_sent_ = context_.loop.now();
  arm();
}

void Http1Client::arm() { deadline_.set(due()); }

void Http1Client::on_deadline() {
  const Turn::Scope scope(context_.turn);
  if (closed()) return;
  if (context_.loop.now() < due()) return arm();
  if (handler_ == nullptr) return close_now();
  if (connecting_) return fail({Reason::connect_timeout, http::Problem::none, 0});
  fail({head_seen_ ? Reason::response_idle_timeout : Reason::response_timeout, http::Problem::none, 0});
}

}  // namespace weir::wire
