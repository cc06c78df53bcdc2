#include "lb/wire/http1_server.h"

#include <algorithm>
#include <utility>

#include "lb/wire/patience.h"

namespace weir::wire {
namespace {

using std::chrono::seconds;

// A FIN may mean "no more requests" or "nobody is here". After this time without a response a 100
// (Continue), which every HTTP/1.1 client understands, finds out: nobody answers it with an RST.
constexpr base::Duration kHalfClosePatience = seconds(1);

constexpr std::size_t kResponseHeadExtra = 256;  // start line and framing fields

}  // namespace

Http1Server::Http1Server(Context& context, Actives& actives, std::unique_ptr<net::ByteStream> stream,
                         const ServerPolicy& policy, ServerOwner& owner)
    : Http1Stream(context, actives, std::move(stream)),
      owner_(owner),
      policy_(policy),
      deadline_(context.loop.timers(), this,
                [](void* self) { static_cast<Http1Server*>(self)->on_deadline(); }),
      born_(context.loop.now()),
      phase_since_(born_) {
  update_interest();
  arm();
}

// --- the request

bool Http1Server::wants_message() const {
  if (phase_ == Phase::linger) return false;
  return phase_ != Phase::exchange || (!active_->in_done && !request_failed_);
}

bool Http1Server::discards_input(std::size_t) {
  return phase_ == Phase::linger || (phase_ == Phase::exchange && request_failed_);
}

void Http1Server::on_incomplete_head() {
  if (phase_ != Phase::idle) return;
  phase_ = Phase::head;
  phase_since_ = context_.loop.now();
  arm();
}

void Http1Server::on_head() {
  http::RequestHead& head = active_->parser.head();
  begin_exchange();
  version_minor_ = head.version_minor;
  head_request_ = head.method == http::Method::head;
  persistent_ = head.keep_alive;
  last_request_ = !head.keep_alive;
  continue_owed_ = head.expect_continue && head.body.kind != http::Body::Kind::none;
  bodiless_ = head.body.kind == http::Body::Kind::none;
  close_requested_ = request_failed_ = false;
  if (!bodiless_) {
    active_->progress.rate_since = context_.loop.now();
    active_->progress.rate_bytes = active_->progress.head_end = active_->received;
    arm();
  } else if (read_closed_) {
    arm();
  }
  handler_ = &owner_.on_request(*this, head);
}

void Http1Server::on_malformed(const http::Problem& problem) {
  const Failure failure{Reason::malformed, problem, 0};
  if (phase_ == Phase::exchange) {
    request_failed_ = true;
    close_requested_ = true;
    handler_->on_request_failed(failure);
  } else {
    refuse(failure);
  }
}

void Http1Server::begin_exchange() {
  activate().progress.began = phase_ == Phase::head ? phase_since_ : context_.loop.now();
  phase_ = Phase::exchange;
  ++requests_;
  head_sent_ = probed_ = false;
}

void Http1Server::refuse(const Failure& failure) {
  begin_exchange();
  request_failed_ = close_requested_ = true;
  activate().parser.salvage();
  http::RequestHead& head = active_->parser.head();
  version_minor_ = 1;
  head_request_ = false;
  handler_ = &owner_.on_refused(*this, head, failure);
}

void Http1Server::on_message_end() {
  active_->in_done = true;
  handler_->on_end(active_->parser.trailers());
}

void Http1Server::on_input_end() {
  if (phase_ != Phase::exchange) return close_now();
  if (active_->raw) {
    active_->in_done = true;
    handler_->on_end({});
    context_.turn.flush_later(*this);
    return;
  }
  if (!active_->in_done && !request_failed_) return fail_client(Reason::client_gone);
  phase_since_ = context_.loop.now();
  arm();
}

void Http1Server::on_broken(int error) {
  if (phase_ == Phase::exchange) return fail_client(Reason::client_gone, error);
  close_now();
}

void Http1Server::on_write_broken(int error) { on_broken(error); }

void Http1Server::on_hung_up() { on_broken(0); }

void Http1Server::fail_client(Reason reason, int error) {
  ServerHandler* const handler = std::exchange(handler_, nullptr);
  if (handler != nullptr) handler->on_client_failed({reason, http::Problem::none, error});
  close_now();
}

// --- the response

void Http1Server::send_interim(const http::OutgoingResponse& head) {
  if (version_minor_ == 0) return;             // RFC 9110 15.2
  if (head.status == 100 && continue_owed_) {  // the client sends its content from now on
    continue_owed_ = false;
    last_read_ = active_->progress.rate_since = context_.loop.now();
    active_->progress.rate_bytes = active_->received;
  }
  active_->output.append_with(head.fields.lines().size() + head.reason.size() + kResponseHeadExtra,
                              [&](std::string& to) { http::write_response_head(to, head, {}); });
  context_.turn.flush_later(*this);
}

bool Http1Server::may_persist(const http::OutgoingResponse& head) const {
  if (!persistent_ || close_requested_ || request_failed_) return false;
  if (read_closed_ && active_->pending.empty()) return false;
  if (!active_->in_done && !bodiless_) return false;  // nobody will take the rest of the request
  if (active_->out_body.kind == http::Body::Kind::until_close) return false;
  if (policy_.requests && requests_ >= *policy_.requests) return false;
  if (policy_.lifetime && context_.loop.now() - born_ >= *policy_.lifetime) return false;
  // While the daemon stops, requests that wait behind this one still get their answer.
  if (draining() && active_->pending.empty()) return false;
  return head.status != 101;
}

void Http1Server::send_head(const http::OutgoingResponse& head) {
  http::ResponseTo to{.version_minor = version_minor_, .head_request = head_request_};
  active_->out_body = {http::response_framing(head.body.kind, to), head.body.length};
  active_->out_left = head.body.length;
  head_sent_ = true;
  persistent_ = may_persist(head);
  if (head.status == 101) {
    to.connection = http::Connection::upgrade;
  } else if (!persistent_) {
    to.connection = http::Connection::close;
  }
  active_->output.append_with(head.fields.lines().size() + head.reason.size() + kResponseHeadExtra,
                              [&](std::string& out) { http::write_response_head(out, head, to); });
  if (head.status == 101) {
    active_->raw = true;
    active_->in_done = false;
    arm();
  }
  context_.turn.flush_later(*this);
}

void Http1Server::cancel() {
  handler_ = nullptr;
  if (closed()) return;
  // A body until close would look complete after a FIN.
  if (head_sent_ && active_->out_body.kind == http::Body::Kind::until_close && !active_->raw) {
    stream_->reset_on_close();
  }
  push();
  close_now();
}

void Http1Server::push() {
  if (closed() || !active_) return;
  const net::IoResult result = active_->output.flush(*stream_);
  if (result.kind == net::IoResult::Kind::done) active_->sent += result.bytes;
}

void Http1Server::on_output_blocked() { arm(); }

void Http1Server::on_resumed() {
  active_->progress.rate_since = context_.loop.now();
  active_->progress.rate_bytes = received_bytes();
  arm();
}

void Http1Server::on_output_empty() {
  if (handler_ == nullptr || !active_->out_finished) return;
  if (active_->raw) {
    stream_->shutdown_write();
    if (!active_->in_done) return;
  }
  finish_exchange();
}

void Http1Server::finish_exchange() {
  const bool whole = active_->in_done && !request_failed_;
  const bool persistent = persists();
  std::exchange(handler_, nullptr)->on_response_sent();
  if (closed()) return;
  std::string pending = std::exchange(active_->pending, {});
  if (!persistent) {
    if (whole && last_request_ && pending.empty()) return close_now();
    return begin_linger();
  }
  deactivate();
  phase_ = Phase::idle;
  phase_since_ = context_.loop.now();
  arm();
  if (!pending.empty()) {
    activate().pending = std::move(pending);
    consume_pending();
  }
  if (read_closed_ && !closed() && phase_ != Phase::exchange) close_now();
}

// --- the end

void Http1Server::begin_linger() {
  if (stream_->shutdown_write().kind == net::IoResult::Kind::error || read_closed_) return close_now();
  deactivate();
  paused_ = false;
  phase_ = Phase::linger;
  phase_since_ = context_.loop.now();
  update_interest();
  arm();
}

void Http1Server::close_now() {
  if (closed()) return;
  close_stream();
  deadline_.clear();
  owner_.on_closed(*this);
}

void Http1Server::abort() {
  if (closed()) return;
  if (phase_ == Phase::exchange) return fail_client(Reason::stopping);
  close_now();
}

void Http1Server::drain(base::Duration quiet) {
  drain_since_ = context_.loop.now();
  drain_quiet_ = quiet;
  arm();
}

// --- time

bool Http1Server::waits_for_body() const {
  return !active_->raw && !active_->in_done && !request_failed_ && !paused_;
}

// A client that takes little by little may not make the socket writable for long: so there is a look at what
// it took now and then.
base::Instant Http1Server::write_due() const {
  if (!active_->blocked || !policy_.write) return base::kNever;
  return std::min(last_write_ + *policy_.write,
                  std::max(last_write_, active_->progress.looked) + *policy_.write / 4);
}

void Http1Server::look_at_untaken(base::Instant now) {
  const std::uint64_t untaken = stream_->untaken();
  if (active_->progress.looked >= last_write_ && untaken != active_->progress.untaken) last_write_ = now;
  active_->progress.looked = now;
  active_->progress.untaken = untaken;
}

base::Instant Http1Server::due() const {
  switch (phase_) {
    case Phase::idle: {
      base::Instant at = after(phase_since_, policy_.idle);
      if (draining()) at = std::min(at, std::max(phase_since_, drain_since_) + drain_quiet_);
      return at;
    }
    case Phase::head: return after(phase_since_, policy_.header);
    case Phase::linger: return phase_since_ + kLinger;
    case Phase::exchange: break;
  }
  base::Instant at = write_due();
  if (active_->raw) return std::min(at, after(std::max(last_read_, last_write_), policy_.tunnel));
  if (waits_for_body() && policy_.body)
    at = std::min({at, last_read_ + *policy_.body, active_->progress.rate_since + kRateWindow});
  if (read_closed_ && !probed_ && !head_sent_) at = std::min(at, phase_since_ + kHalfClosePatience);
  return at;
}

void Http1Server::arm() { deadline_.set(due()); }

void Http1Server::on_deadline() {
  const Turn::Scope scope(context_.turn);
  if (closed()) return;
  if (context_.loop.now() >= due()) expire();
  if (!closed()) arm();
}

void Http1Server::expire() {
  const base::Instant now = context_.loop.now();
  switch (phase_) {
    case Phase::idle:
      read_once();  // a request may have come in the same turn
      if (closed() || phase_ != Phase::idle) return;
      return draining() ? begin_linger() : close_now();
    case Phase::head: return refuse({Reason::header_timeout, http::Problem::none, 0});
    case Phase::linger: return close_now();
    case Phase::exchange: break;
  }
  if (now >= write_due()) {
    look_at_untaken(now);
    if (now >= after(last_write_, policy_.write)) {
      stream_->reset_on_close();
      return fail_client(Reason::write_timeout);
    }
    if (now < due()) return;
  }
  if (active_->raw) return fail_client(Reason::tunnel_timeout);
  if (read_closed_ && !probed_ && !head_sent_) {
    probed_ = true;
    http::OutgoingResponse probe;
    probe.status = 100;
    return send_interim(probe);
  }
  if (continue_owed_ &&
      active_->received == active_->progress.head_end) {  // the client may wait for the 100 before it sends
    last_read_ = active_->progress.rate_since = now;
    return;
  }
  if (now >= after(last_read_, policy_.body) || body_is_too_slow(now)) {
    request_failed_ = close_requested_ = true;
    handler_->on_request_failed({Reason::body_timeout, http::Problem::none, 0});
  }
}

bool Http1Server::body_is_too_slow(base::Instant now) {
  if (now < active_->progress.rate_since + kRateWindow) return false;
  const bool slow = active_->received - active_->progress.rate_bytes < kRateBytes;
  active_->progress.rate_since = now;
  active_->progress.rate_bytes = active_->received;
  return slow;
}

}  // namespace weir::wire
