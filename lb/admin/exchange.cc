#include "lb/admin/exchange.h"

#include <fmt/format.h>

#include <utility>

#include "lb/http/date.h"

namespace weir::admin {
namespace {

http::OutgoingResponse head_of(const Response& response, bool head_request, base::WallTime now) {
  http::OutgoingResponse head;
  head.status = static_cast<std::uint16_t>(response.status);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  head.fields.add(http::FieldId::date, "Date", http::Date(seconds).text());
  if (!response.content_type.empty()) {
    head.fields.add(http::FieldId::content_type, "Content-Type", response.content_type);
  }
  for (const auto& [name, value] : response.fields) head.fields.add(name, value);
  if (response.source != nullptr) {
    if (!head_request) head.body = {http::Body::Kind::chunked, 0};
  } else if (head_request) {
    head.fields.add(http::FieldId::content_length, "Content-Length", fmt::to_string(response.body.size()));
  } else if (!response.body.empty()) {
    head.body = {http::Body::Kind::length, response.body.size()};
  }
  return head;
}

// What is answered before anybody looked at the request.
Response early_problem(unsigned status, std::string_view detail) {
  Response response = problem(status, detail);
  response.fields = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  return response;
}

}  // namespace

Exchange::Exchange(wire::ServerStream& stream, std::function<void()> reset, const Answer& answer,
                   wire::Context& context, SourceCounts& sources)
    : stream_(stream),
      reset_(std::move(reset)),
      answer_(answer),
      context_(context),
      sources_(sources),
      ask_(context.loop.timers(), this, [](void* self) { static_cast<Exchange*>(self)->ask(); }),
      cut_(context.loop.timers(), this, [](void* self) { static_cast<Exchange*>(self)->cut(); }) {}

void Exchange::begin(http::RequestHead& head) {
  swap(request_, head);
  if (request_.body.kind != http::Body::Kind::none) receiving_since_ = context_.loop.now();
  if (request_.body.kind == http::Body::Kind::length && request_.body.length > kMostBody)
    return refuse_body();
  if (request_.expect_continue && request_.body.kind != http::Body::Kind::none) {
    http::OutgoingResponse interim;
    interim.status = 100;
    stream_.send_interim(interim);
  }
}

void Exchange::begin_refused(http::RequestHead& head, const wire::Failure& failure) {
  swap(request_, head);
  on_request_failed(failure);
}

void Exchange::on_body(std::string_view piece) {
  if (answered_) return;
  if (request_body_.size() + piece.size() > kMostBody) return refuse_body();
  request_body_ += piece;
}

void Exchange::on_end(const http::FieldList&) {
  if (!answered_) send(answer_({request_, request_body_}));
}

void Exchange::on_request_failed(const wire::Failure& failure) {
  if (!answered_) return send(early_problem(wire::status(failure), wire::word(failure)));
  stream_.cancel();
  forget();
}

void Exchange::cut() {
  const wire::Turn::Scope scope(context_.turn);
  reset_();
  forget();
}

void Exchange::refuse_body() {
  stream_.close_after_response();
  send(early_problem(413, fmt::format("a request body may have {} bytes at the most", kMostBody)));
}

void Exchange::send_later(Response response) {
  later_ = std::move(response.later);
  later_->wait([this, fields = std::move(response.fields)](Response found) mutable {
    const wire::Turn::Scope scope(context_.turn);
    for (auto& field : fields) found.fields.push_back(std::move(field));
    later_.reset();
    send(std::move(found));
  });
}

void Exchange::send(Response response) {
  answered_ = true;
  receiving_since_ = base::kNever;
  if (response.later) return send_later(std::move(response));
  if (response.source != nullptr && sources_.of(*response.source).now >= sources_.of(*response.source).most) {
    auto fields = std::move(response.fields);
    response = problem(503, fmt::format("{} clients are served this already: no more at a time",
                                        sources_.of(*response.source).now));
    response.fields = std::move(fields);
  }
  if (response.source == nullptr || response.source->ends()) cut_.set(context_.loop.now() + kLongestAnswer);
  const bool head_request = request_.method == http::Method::head;
  stream_.send_head(head_of(response, head_request, context_.loop.clock().wall()));
  if (response.source != nullptr && !head_request) return begin_source(std::move(response.source));
  response_body_ = std::move(response.body);
  if (!head_request) stream_.send_body(response_body_);
  stream_.finish({});
}

void Exchange::begin_source(std::unique_ptr<Source> source) {
  source_ = std::move(source);
  ++sources_.of(*source_).now;
  ask();
}

void Exchange::on_news() {
  if (source_ != nullptr && !congested_) ask_soon();
}

// In the next turn of the loop; a deadline would take some milliseconds.
void Exchange::ask_soon() {
  if (std::exchange(asks_, true)) return;
  context_.loop.defer([self = std::weak_ptr(self_)] {
    const auto there = self.lock();
    if (!there) return;
    (*there)->asks_ = false;
    (*there)->ask();
  });
}

void Exchange::on_drained() {
  congested_ = false;
  on_news();
}

void Exchange::ask() {
  if (source_ == nullptr || congested_) return;
  const wire::Turn::Scope scope(context_.turn);
  auto piece = source_->next(context_.loop.now());
  if (!piece) {
    end_source();
    return stream_.finish({});
  }
  if (!piece->empty()) stream_.send_body(context_.turn.keep(*std::move(piece)));
  if (source_->due() > context_.loop.now()) return ask_.set(source_->due());
  if (!congested_) ask_soon();
}

void Exchange::end_source() {
  if (source_ == nullptr) return;
  --sources_.of(*source_).now;
  source_.reset();
  ask_.clear();
}

void Exchange::forget() {
  end_source();
  receiving_since_ = base::kNever;
  cut_.clear();
  if (later_) std::exchange(later_, nullptr)->forget();
  request_.clear();
  request_body_ = {};
  response_body_ = {};
  answered_ = congested_ = false;
}

}  // namespace weir::admin
