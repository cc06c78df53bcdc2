#include "lb/proxy/attempt.h"

#include <utility>

#include "lb/proxy/exchange.h"

namespace weir::proxy {

bool Attempt::begin(Target& target, const Approach& approach, bool fresh, base::Instant now, int& error) {
  target.enter();
  forget();
  target_ = &target;
  generation_ = target.entry().state->passive.generation();
  began_ = now;
  connected_ = sent_ = answered_ = base::kNever;
  status_ = 0;
  // Over HTTP/1 what is kept may be as old as the one that broke; of HTTP/2 what has failed is kept no more.
  const bool kept = !fresh || target.group().http2();
  stream_ = kept ? target.open_kept(*this, approach) : nullptr;
  reused_ = stream_ != nullptr && !stream_->connecting();
  if (reused_) connected_ = now;
  if (stream_ != nullptr) return true;
  const auto made = target.open_new(*this, approach);
  if (!made) {
    error = made.error();
    target.group().ended(target);
    return false;
  }
  stream_ = *made;
  return true;
}

void Attempt::forget() {
  if (target_ != nullptr) std::exchange(target_, nullptr)->leave();
}

// What breaks in the middle of an answer is a failure, whatever its status was.
void Attempt::detach(bool broke) {
  const std::uint16_t status = std::exchange(status_, std::uint16_t{0});
  if (status != 0 && !broke) target_->group().answered(*target_, status, generation_);
  target_->group().ended(*target_);
  sent_ = stream_->request_sent();
  stream_ = nullptr;
}

void Attempt::release() {
  wire::ClientStream* const stream = stream_;
  detach(/*broke=*/false);
  stream->release();
}

void Attempt::cancel() {
  if (stream_ == nullptr) return;
  wire::ClientStream* const stream = stream_;
  detach(/*broke=*/false);
  stream->cancel();
}

void Attempt::on_connected() {
  connected_ = exchange_.now();
  exchange_.on_attempt_connected();
}

// A client that is slow to send its request says nothing about the target.
void Attempt::count_answer(std::uint16_t status) {
  answered_ = exchange_.now();
  target_->counters().count_status(status);
  target_->counters().response.observe(first_byte());
  target_->group().took(*target_, connected_ - began_ + first_byte());
  status_ = status;
}

void Attempt::on_response_head(http::ResponseHead& head) {
  if (head.status >= 200 || head.status == 101) {
    count_answer(head.status);
    if (head.status == 101)
      target_->group().answered(*target_, std::exchange(status_, std::uint16_t{0}), generation_);
  }
  exchange_.on_attempt_head(head);
}

void Attempt::on_body(std::string_view piece) { exchange_.on_attempt_body(piece); }

void Attempt::on_end(const http::FieldList& trailers) { exchange_.on_attempt_end(trailers); }

void Attempt::on_target_failed(const wire::Failure& failure) {
  const bool sent = stream_->sent_bytes() != 0;
  const bool begun = stream_->response_begun();
  detach(/*broke=*/true);
  exchange_.on_attempt_failed(failure, sent, begun);
}

void Attempt::on_congested() { exchange_.request_relay().sink_congested(); }

void Attempt::on_drained() { exchange_.request_relay().sink_drained(); }

void Attempt::on_incoming_ready() { exchange_.response_relay().source_ready(); }

void Attempt::on_outgoing_ready() { exchange_.request_relay().sink_ready(); }

}  // namespace weir::proxy
