#include "lb/admin/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/net/tcp_stream.h"

namespace weir::admin {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostBody = std::size_t{64} << 20;

// Three heartbeats of an answer that goes on.
constexpr base::Duration kLongestSilence = seconds(45);

http::OutgoingRequest request_head(const Call& call) {
  http::OutgoingRequest head;
  head.method = call.method == "GET" ? http::Method::get : http::Method::other;
  head.method_text = call.method;
  head.target = call.path;
  const bool unix_socket = call.address.starts_with("unix:");
  head.fields.add(http::FieldId::host, "Host", unix_socket ? "localhost" : std::string_view(call.address));
  head.fields.add(http::FieldId::accept, "Accept", "application/json");
  if (!call.token.empty()) {
    head.fields.add(http::FieldId::authorization, "Authorization", "Bearer " + call.token);
  }
  for (const auto& [name, value] : call.fields) head.fields.add(name, value);
  if (!call.body.empty()) {
    head.fields.add(http::FieldId::content_type, "Content-Type", "application/json");
    head.body = {http::Body::Kind::length, call.body.size()};
  }
  return head;
}

}  // namespace

Conversation::Conversation(net::Loop& loop, Call call, Each each, Done done)
    : loop_(loop), call_(std::move(call)), each_(std::move(each)), done_(std::move(done)), context_(loop) {
  policy_.connect = seconds(3);
  if (!each_) return;
  policy_.response = call_.timeout;
  policy_.idle = kLongestSilence;
}

Conversation::~Conversation() {
  done_ = nullptr;
  if (!client_ || closed_) return;
  const wire::Turn::Scope scope(context_.turn);
  client_->cancel();
}

void Conversation::begin(const base::SocketAddress& address) {
  auto stream = net::TcpStream::connect(loop_, address);
  if (!stream) return finish(std::unexpected(nobody_answers(stream.error())));
  client_ = std::make_unique<wire::Http1Client>(context_, actives_, std::move(*stream), true, policy_, *this);
  send();
}

void Conversation::send() {
  const wire::Turn::Scope scope(context_.turn);
  client_->begin(*this);
  client_->send_head(request_head(call_));
  client_->send_body(call_.body);
  client_->finish({});
}

void Conversation::on_body(std::string_view piece) {
  if (each_ && reply_.status == 200) return each_(piece);
  reply_.body.append(piece.substr(0, kMostBody - std::min(kMostBody, reply_.body.size())));
}

void Conversation::on_target_failed(const wire::Failure& failure) {
  const bool connecting = reply_.status == 0 && failure.error != 0;
  finish(std::unexpected(
      connecting ? nobody_answers(failure.error)
                 : fmt::format("{} gave no proper answer: {}", call_.address, wire::word(failure))));
}

void Conversation::finish(std::expected<Reply, std::string> outcome) {
  loop_.defer([self = std::weak_ptr(self_), outcome = std::move(outcome)]() mutable {
    const auto there = self.lock();
    if (!there || !(*there)->done_) return;
    const Done done = std::exchange((*there)->done_, nullptr);
    done(std::move(outcome));
  });
}

std::string Conversation::nobody_answers(int error) const {
  return fmt::format("no weir answers on {}: {}", call_.address, std::strerror(error));
}

}  // namespace weir::admin
