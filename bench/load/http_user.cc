#include "bench/load/http_user.h"

#include "bench/load/http1_link.h"

namespace weir::bench {
namespace {

constexpr std::size_t kBodyPiece = 256 * 1024;

std::unique_ptr<Link> make_link(LinkContext& shared, LinkOwner& owner, Http2Trunk* trunk) {
  if (trunk != nullptr) return std::make_unique<Http2Link>(*trunk, owner);
  return std::make_unique<Http1Link>(shared, owner);
}

}  // namespace

HttpUser::HttpUser(Crew& crew, UserOwner& owner, Http2Trunk* trunk)
    : User(owner),
      crew_(crew),
      link_(make_link(crew.link, *this, trunk)),
      backoff_(crew.context.loop, this, [](void* self) { static_cast<HttpUser*>(self)->free(); }) {}

void HttpUser::begin() {
  const auto stream = link_->begin(*this);
  if (!stream) {
    fail(wire::connect_reason(stream.error()));
    return on_link_free();
  }
  if (*stream == nullptr) return;
  stream_ = *stream;
  body_sent_ = 0;
  stream_->send_head(crew_.requests.next(cookies_));
  send_body();
}

void HttpUser::send_body() {
  const std::string_view rest = std::string_view(crew_.plan.body).substr(body_sent_, kBodyPiece);
  stream_->send_body(rest);
  body_sent_ += rest.size();
  if (body_sent_ == crew_.plan.body.size()) return stream_->finish({});
  stream_->want_outgoing();
}

void HttpUser::on_response_head(http::ResponseHead& head) {
  status_ = head.status;
  if (status_ == 101) {  // nobody asked for it
    fail(wire::Reason::unasked_upgrade);
    return stream_->cancel();
  }
  if (!crew_.plan.cookies) return;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const http::Field field = head.fields[i];
    if (field.id == http::FieldId::set_cookie) cookies_.set(field.value);
  }
}

void HttpUser::on_end(const http::FieldList&) {
  crew_.recorder.answered(due(), crew_.context.loop.clock().now(),
                          {status_, stream_->received_bytes(), stream_->sent_bytes()});
  done();
  link_->answered();
}

void HttpUser::on_target_failed(const wire::Failure& failure) {
  fail(failure.reason);
  link_->failed();
}

void HttpUser::fail(wire::Reason reason) {
  crew_.recorder.failed(due(), crew_.context.loop.clock().now(), reason);
  done();
  if (wire::is_connect_failure(reason)) backoff_.failed();
}

void HttpUser::on_link_free() {
  if (busy()) return begin();
  if (!backoff_.begin()) free();
}

}  // namespace weir::bench
