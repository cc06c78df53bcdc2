#include "bench/load/http2_link.h"

#include <algorithm>
#include <utility>

namespace weir::bench {
namespace {

class Http2TrunkConnection final : public wire::Http2Client {
 public:
  Http2TrunkConnection(LinkContext& shared, Opened opened, wire::Http2ClientOwner& owner)
      : Http2Client(shared.context, shared.http2, std::move(opened.stream), /*connecting=*/true,
                    shared.policy, shared.http2_policy, opened.tls != nullptr ? "https" : "http", owner),
        tls_(opened.tls) {
    expect_streams(1);  // none is to be refused because the server has not told its limit yet
  }

 private:
  wire::Failure explained(const wire::Failure& failure) override { return explained_by(tls_, failure); }
  // RFC 9113 3.2: over TLS only what ALPN has agreed on.
  wire::Failure unfit() override {
    if (tls_ == nullptr || tls_->alpn() == kHttp2Alpn) return {};
    return {wire::Reason::target_tls, http::Problem::none, 0};
  }

  net::TlsStream* tls_;
};

}  // namespace

Http2Trunk::~Http2Trunk() {
  while (!connections_.empty()) connections_.back()->close();
}

std::expected<wire::ClientStream*, int> Http2Trunk::begin(wire::ClientHandler& handler, Http2Link& link) {
  if (connections_.empty() || connections_.back()->leaving()) {
    auto opened = open_stream(shared_);
    if (!opened) return std::unexpected(opened.error());
    wire::Http2ClientOwner& owner = *this;
    connections_.push_back(std::make_unique<Http2TrunkConnection>(shared_, *std::move(opened), owner));
  }
  if (connections_.back()->room() == 0) {
    waiting_.push_back(&link);
    return nullptr;
  }
  return &connections_.back()->begin(handler);
}

void Http2Trunk::free_later(Http2Link& link) {
  freed_.push_back(&link);
  defer_free_all();
}

void Http2Trunk::defer_free_all() {
  if (std::exchange(free_all_is_due_, true)) return;
  shared_.context.loop.defer([this] { free_all(); });
}

// Those that have waited for room come before those that had some.
void Http2Trunk::free_all() {
  free_all_is_due_ = false;
  const wire::Turn::Scope scope(shared_.context.turn);
  const auto waiting = std::exchange(waiting_, {});
  const auto freed = std::exchange(freed_, {});
  for (Http2Link* const link : waiting) link->owner_.on_link_free();
  for (Http2Link* const link : freed) link->owner_.on_link_free();
}

void Http2Trunk::forget(Http2Link& link) {
  std::erase(waiting_, &link);
  std::erase(freed_, &link);
}

void Http2Trunk::on_room(wire::Http2Client&) {
  if (!waiting_.empty()) defer_free_all();
}

void Http2Trunk::on_closed(wire::Http2Client& connection) {
  const auto found = std::ranges::find(connections_, &connection, &std::unique_ptr<wire::Http2Client>::get);
  shared_.context.loop.reap(std::move(*found));
  connections_.erase(found);
  on_room(connection);
}

Http2Link::~Http2Link() {
  trunk_.forget(*this);
  const wire::Turn::Scope scope(trunk_.shared_.context.turn);
  if (stream_ != nullptr) stream_->cancel();
}

std::expected<wire::ClientStream*, int> Http2Link::begin(wire::ClientHandler& handler) {
  const auto stream = trunk_.begin(handler, *this);
  stream_ = stream.value_or(nullptr);
  return stream;
}

void Http2Link::answered() {
  std::exchange(stream_, nullptr)->release();
  trunk_.free_later(*this);
}

void Http2Link::failed() {
  stream_ = nullptr;
  trunk_.free_later(*this);
}

}  // namespace weir::bench
