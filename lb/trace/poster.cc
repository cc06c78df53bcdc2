#include "lb/trace/poster.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/base/text.h"
#include "lb/net/tcp_stream.h"
#include "lb/trace/cause.h"

namespace weir::trace {
namespace {

// Names that need no DNS (RFC 6761 6.3), and addresses.
std::vector<base::IpAddress> known_addresses(const std::string& host) {
  if (const auto ip = base::IpAddress::parse(host)) return {*ip};
  if (host != "localhost") return {};
  return {*base::IpAddress::parse("127.0.0.1"), *base::IpAddress::parse("::1")};
}

http::OutgoingRequest request_head(const model::CollectorUrl& url, std::size_t body) {
  http::OutgoingRequest head;
  head.method = http::Method::post;
  head.method_text = "POST";
  head.target = url.path;
  head.fields.add(http::FieldId::host, "Host", url.authority);
  head.fields.add(http::FieldId::user_agent, "User-Agent", "weir/trace");
  head.fields.add(http::FieldId::content_type, "Content-Type", "application/json");
  head.body = {http::Body::Kind::length, body};
  return head;
}

}  // namespace

Poster::Poster(wire::Context& context, net::Resolver& resolver, model::CollectorUrl url,
               base::Duration timeout)
    : context_(context),
      resolver_(resolver),
      url_(std::move(url)),
      timeout_(timeout),
      deadline_(context.loop.timers(), this, [](void* self) {
        static_cast<Poster*>(self)->fail(
            fmt::format("no answer within {} s",
                        std::chrono::duration<double>(static_cast<Poster*>(self)->timeout_).count()));
      }) {
  policy_.connect = kConnectTimeout;
}

Poster::~Poster() {
  done_ = nullptr;
  drop_connection();
}

void Poster::post(std::string body, Callback done) {
  const wire::Turn::Scope scope(context_.turn);
  body_ = std::move(body);
  done_ = std::move(done);
  answer_ = {};
  answered_ = false;
  deadline_.set(context_.loop.now() + timeout_);
  if (connection_) return send();
  addresses_ = known_addresses(url_.host);
  if (addresses_.empty()) return look_up();
  connect_to_next();
}

void Poster::look_up() {
  query_ = resolver_.query(url_.host, net::Resolver::Kind::addresses,
                           [this](std::expected<net::DnsAnswer, net::DnsFailure> answer) {
                             const wire::Turn::Scope scope(context_.turn);
                             found(std::move(answer));
                           });
}

void Poster::found(std::expected<net::DnsAnswer, net::DnsFailure> answer) {
  query_.reset();
  if (!answer || answer->addresses.empty()) return fail(fmt::format("no address of {} is found", url_.host));
  addresses_ = std::move(answer->addresses);
  connect_to_next();
}

void Poster::connect_to_next() {
  int error = 0;
  while (!addresses_.empty()) {
    const base::SocketAddress to(addresses_.front(), url_.port);
    addresses_.erase(addresses_.begin());
    auto stream = net::TcpStream::connect(context_.loop, to);
    if (stream) {
      wire::ClientOwner& owner = *this;
      connection_ = std::make_unique<wire::Http1Client>(context_, actives_, std::move(*stream),
                                                        /*connecting=*/true, policy_, owner);
      return send();
    }
    error = stream.error();
  }
  fail(std::strerror(error));
}

void Poster::send() {
  connection_->begin(*this);
  connection_->send_head(request_head(url_, body_.size()));
  connection_->send_body(body_);
  connection_->finish({});
}

void Poster::on_response_head(http::ResponseHead& head) {
  if (head.status < 200) return;
  answer_.status = head.status;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const http::Field field = head.fields[i];
    if (base::equals_ignoring_case(field.name, "retry-after")) answer_.retry_after = field.value;
  }
}

void Poster::on_body(std::string_view piece) {
  answer_.body.append(piece.substr(0, kMostBody - std::min(kMostBody, answer_.body.size())));
}

// The rest comes once the connection has settled.
void Poster::on_end(const http::FieldList&) {
  answered_ = true;
  connection_->release();
}

void Poster::on_target_failed(const wire::Failure& failure) { answer_.error = words_for(failure); }

void Poster::on_idle(wire::Http1Client&) {
  if (done_) finish();
}

// One that was kept may have been closed just when it was needed: then, and if there are more addresses,
// another one takes its place. Whoever takes a span twice sees that it has the same id.
void Poster::on_closed(wire::Http1Client& connection) {
  const bool answers = answer_.status != 0;
  const bool stale = connection.reused() && !connection.response_begun();
  context_.loop.reap(std::move(connection_));
  if (!done_) return;
  if (answers || answered_) return finish();
  if (stale) addresses_ = known_addresses(url_.host);
  if (stale && addresses_.empty()) return look_up();
  if (!addresses_.empty()) return connect_to_next();
  finish();
}

void Poster::fail(std::string error) {
  const wire::Turn::Scope scope(context_.turn);
  Callback done = std::exchange(done_, nullptr);
  query_.reset();
  addresses_.clear();
  drop_connection();
  answer_ = {.error = std::move(error)};
  done_ = std::move(done);
  finish();
}

void Poster::drop_connection() {
  if (!connection_) return;
  const wire::Turn::Scope scope(context_.turn);
  connection_->cancel();  // and on_closed() lets it go
}

// The callback may post again, or destroy this.
void Poster::finish() {
  deadline_.clear();
  context_.loop.defer([alive = std::weak_ptr(alive_), done = std::exchange(done_, nullptr),
                       answer = std::exchange(answer_, {})]() mutable {
    if (done && !alive.expired()) done(std::move(answer));
  });
}

}  // namespace weir::trace
