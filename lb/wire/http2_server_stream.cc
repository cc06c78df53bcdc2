#include <utility>

#include "lb/http/h2_response.h"
#include "lb/wire/http2_server.h"

namespace weir::wire {
namespace {

using http::H2Error;

// What the header block of a response takes at most: literals of all fields, and the framing fields.
std::size_t block_bound(const http::OutgoingResponse& head) {
  return head.fields.lines().size() + 16 * head.fields.size() + 128;
}

bool has_content(const http::OutgoingResponse& head, bool head_request) {
  return head.body.kind != http::Body::Kind::none && !head_request && head.status != 204 &&
         head.status != 304;
}

}  // namespace

Http2Server& Http2ServerStream::server() const { return static_cast<Http2Server&>(*connection_); }

void Http2ServerStream::recycle_more() {
  handler_ = nullptr;
  progress_ = {};
  pace_ = Pace::steady;
  reset_due_ = base::kNever;
  head_request_ = head_sent_ = request_failed_ = continue_owed_ = malformed_ = false;
}

void Http2ServerStream::send_interim(const http::OutgoingResponse& head) {
  if (!open() || head_sent_ || malformed_) return;
  if (head.status == 100 && continue_owed_) {  // the client sends its content from now on
    continue_owed_ = false;
    last_read_ = progress_.rate_since = server().context_.loop.now();
    progress_.rate_bytes = received_;
  }
  server().send_block(*this, block_bound(head), /*end_stream=*/false,
                      [&](std::string& to) { http::write_h2_response_head(to, head, head_request_); });
}

void Http2ServerStream::send_head(const http::OutgoingResponse& head) {
  if (!open() || head_sent_) return;
  head_sent_ = true;
  if (malformed_) return;
  const bool tunnel = head.status == 101;
  drops_content_ = !tunnel && !has_content(head, head_request_);
  measured_ = !tunnel && head.body.kind == http::Body::Kind::length;
  out_left_ = head.body.length;
  server().send_block(*this, block_bound(head), /*end_stream=*/drops_content_,
                      [&](std::string& to) { http::write_h2_response_head(to, head, head_request_); });
  if (!tunnel) return;
  raw_ = true;
  in_done_ = awaits_tunnel_ = false;
  in_left_.reset();
  server().note_due(due(server().server_policy_, /*starves=*/false));
  server().tell_later(*this);
}

void Http2ServerStream::set_pace(Pace pace) {
  if (!open()) return;
  pace_ = pace;
  if (pace == Pace::conversation) last_write_ = server().context_.loop.now();  // it begins
  server().note_due(due(server().server_policy_, /*starves=*/false));
}

void Http2ServerStream::push() {
  if (open()) server().push_out(*this);
}

void Http2ServerStream::cancel() {
  if (open() && !lingers()) server().drop(*this, raw_ ? H2Error::cancel : H2Error::internal_error);
}

void Http2ServerStream::on_failed(const Failure& failure) {
  if (handler_ != nullptr) handler_->on_client_failed(failure);
}

void Http2ServerStream::on_end_sent() {
  ServerHandler& handler = *std::exchange(handler_, nullptr);
  if (peer_ended_ || raw_ || malformed_) {
    server().drop(*this, std::nullopt);
  } else {
    server().linger(*this);
  }
  handler.on_response_sent();
}

}  // namespace weir::wire
