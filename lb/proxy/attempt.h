#pragma once

#include <algorithm>
#include <cstdint>

#include "lb/proxy/target.h"
#include "lb/wire/seam.h"

namespace weir::proxy {

class Exchange;

// One try of an exchange at one target. Part of its exchange, used anew for each try.
class Attempt final : public wire::ClientHandler {
 public:
  explicit Attempt(Exchange& exchange) : exchange_(exchange) {}

  ~Attempt() { forget(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // At a target of which a slot has been taken. Takes a kept connection, or (`fresh`, or there is none) makes
  // a new one. False: that failed at once, with `error` the errno.
  bool begin(Target& target, const Approach& approach, bool fresh, base::Instant now, int& error);
  bool active() const { return stream_ != nullptr; }
  wire::ClientStream& stream() { return *stream_; }
  bool connecting() const { return stream_ != nullptr && stream_->connecting(); }

  // The exchange is done with it: gives the connection back, or ends it.
  void release();
  void cancel();

  // Nothing of the last try will be asked for any more.
  void forget();

  Target* target() const { return target_; }
  std::uint32_t generation() const { return generation_; }
  base::Instant began() const { return began_; }
  base::Instant connected() const { return connected_; }  // kNever: not yet
  // When the request was wholly sent; kNever: not yet.
  base::Instant sent() const { return stream_ != nullptr ? stream_->request_sent() : sent_; }
  base::Instant answered() const { return answered_; }  // kNever: no response head yet
  // When the target had all of the request, or answered before.
  base::Instant request_ended() const { return std::min(sent(), answered_); }
  // How long the target took for the head, which has come; 0: it answered before it had the whole request.
  base::Duration first_byte() const { return answered_ - request_ended(); }
  bool reused() const { return reused_; }

 private:
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_connected() override;
  void on_congested() override;
  void on_drained() override;
  void on_incoming_ready() override;
  void on_outgoing_ready() override;
  void count_answer(std::uint16_t status);
  void detach(bool broke);

  Exchange& exchange_;
  Target* target_ = nullptr;              // stays while it is named here
  wire::ClientStream* stream_ = nullptr;  // to the target; null: none any more
  base::Instant began_ = base::kNever;
  base::Instant connected_ = base::kNever;
  base::Instant sent_ = base::kNever;  // of a stream that is gone
  base::Instant answered_ = base::kNever;
  std::uint32_t generation_ = 0;  // of the target's passive counts, when it began
  std::uint16_t status_ = 0;      // of an answer that is not judged yet
  bool reused_ = false;
};

}  // namespace weir::proxy
