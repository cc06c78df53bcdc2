#include "lb/admin/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "lb/base/address.h"
#include "lb/net/look_up.h"
#include "lb/net/tcp_stream.h"
#include "lb/wire/http1_client.h"

namespace weir::admin {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMostBody = std::size_t{64} << 20;

// Three heartbeats of an answer that goes on.
constexpr base::Duration kLongestSilence = seconds(45);

using Each = std::function<void(std::string_view)>;

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

// One request over one connection, on a loop of its own.
class Conversation final : wire::ClientHandler, wire::ClientOwner {
 public:
  // `each` is null for an answer that is wanted whole.
  Conversation(const Call& call, const Each* each) : call_(call), each_(each) {
    policy_.connect = seconds(3);
    if (each_ == nullptr) return;
    policy_.response = call.timeout;
    policy_.idle = kLongestSilence;
  }

  std::expected<Reply, std::string> with(const base::SocketAddress& address) {
    auto stream = net::TcpStream::connect(loop_, address);
    if (!stream) return std::unexpected(nobody_answers(stream.error()));
    wire::Http1Client client(context_, actives_, std::move(*stream), true, policy_, *this);
    send(client);
    net::Deadline give_up(loop_.timers(), &loop_, [](void* loop) { static_cast<net::Loop*>(loop)->stop(); });
    if (each_ == nullptr) give_up.set(clock_.now() + call_.timeout);
    if (!done_) loop_.run();
    if (!closed_) {
      const wire::Turn::Scope scope(context_.turn);
      client.cancel();
    }
    if (!done_) return std::unexpected(fmt::format("{} does not answer", call_.address));
    if (!error_.empty()) return std::unexpected(error_);
    return std::move(reply_);
  }

  // The request may have been taken: it is not for another address too.
  bool sent() const { return sent_; }

 private:
  void send(wire::Http1Client& client) {
    const wire::Turn::Scope scope(context_.turn);
    client.begin(*this);
    client.send_head(request_head(call_));
    client.send_body(call_.body);
    client.finish({});
  }

  void on_response_head(http::ResponseHead& head) override { reply_.status = head.status; }
  void on_body(std::string_view piece) override {
    if (each_ != nullptr && reply_.status == 200) return (*each_)(piece);
    reply_.body.append(piece.substr(0, kMostBody - std::min(kMostBody, reply_.body.size())));
  }
  void on_end(const http::FieldList&) override { finish(); }
  void on_target_failed(const wire::Failure& failure) override {
    const bool connecting = reply_.status == 0 && failure.error != 0;
    error_ = connecting ? nobody_answers(failure.error)
                        : fmt::format("{} gave no proper answer: {}", call_.address, wire::word(failure));
    finish();
  }
  void on_connected() override { sent_ = true; }
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}
  void on_idle(wire::Http1Client&) override {}
  void on_closed(wire::Http1Client&) override { closed_ = true; }

  void finish() {
    done_ = true;
    loop_.stop();
  }
  std::string nobody_answers(int error) const {
    return fmt::format("no weir answers on {}: {}", call_.address, std::strerror(error));
  }

  const Call& call_;
  const Each* const each_;
  const base::SystemClock clock_;
  net::Loop loop_{clock_};
  wire::Context context_{loop_};
  wire::Http1Client::Actives actives_;
  wire::ClientPolicy policy_;
  Reply reply_;
  std::string error_;
  bool sent_ = false;
  bool done_ = false;
  bool closed_ = false;
};

std::expected<Reply, std::string> converse(const Call& call, const Each* each) {
  const auto addresses = net::look_up(call.address);
  if (!addresses) return std::unexpected(fmt::format("--admin {}: {}", call.address, addresses.error()));
  std::expected<Reply, std::string> reply = std::unexpected("no address");
  for (const base::SocketAddress& address : *addresses) {
    Conversation conversation(call, each);
    reply = conversation.with(address);
    if (reply || conversation.sent()) break;
  }
  return reply;
}

}  // namespace

std::expected<Reply, std::string> call(const Call& call) { return converse(call, nullptr); }

std::expected<Reply, std::string> follow(const Call& call,
                                         const std::function<void(std::string_view)>& each) {
  return converse(call, &each);
}

}  // namespace weir::admin
