#include "lb/http/h2_request.h"
#include "lb/wire/http2_client.h"

namespace weir::wire {
namespace {

using http::H2Error;

// What the header block of a request takes at most: literals of all fields, those with a colon and the
// framing fields.
std::size_t block_bound(const http::OutgoingRequest& head) {
  return head.fields.lines().size() + 16 * head.fields.size() + head.target.size() + head.authority.size() +
         head.method_text.size() + 256;
}

}  // namespace

Http2Client& Http2ClientStream::client() const { return static_cast<Http2Client&>(*connection_); }

bool Http2ClientStream::connecting() const { return open() && client().connecting_; }

void Http2ClientStream::recycle_more() {
  handler_ = nullptr;
  response_.reset();
  request_sent_ = base::kNever;
  reused_ = head_sent_ = response_begun_ = head_seen_ = awaits_continue_ = false;
}

void Http2ClientStream::send_head(const http::OutgoingRequest& head) {
  if (!open() || head_sent_) return;
  head_sent_ = true;
  method_ = head.method;
  drops_content_ = head.body.kind == http::Body::Kind::none;
  measured_ = head.body.kind == http::Body::Kind::length;
  out_left_ = head.body.length;
  awaits_continue_ = head.fields.has(http::FieldId::expect);
  client().send_block(*this, block_bound(head), /*end_stream=*/drops_content_,
                      [&](std::string& to) { http::write_h2_request_head(to, head, client().scheme_); });
  last_write_ = client().context_.loop.now();
  if (awaits_continue_) client().note_due(due(client().client_policy_, /*starves=*/false));
}

// The last byte of the request is with the kernel.
void Http2ClientStream::on_end_sent() {
  request_sent_ = client().context_.loop.now();
  client().note_due(due(client().client_policy_, /*starves=*/false));
}

void Http2ClientStream::release() {
  if (!open()) return;
  if (in_done_ && end_sent_) return client().drop(*this, std::nullopt);
  cancel();
}

void Http2ClientStream::cancel() {
  if (!open()) return;
  client().drop(*this, head_sent_ ? std::optional(H2Error::cancel) : std::nullopt);
}

}  // namespace weir::wire
