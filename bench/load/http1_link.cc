#include "bench/load/http1_link.h"

#include "lb/net/tcp_stream.h"

namespace weir::bench {
namespace {

class Http1Connection final : public wire::Http1Client {
 public:
  Http1Connection(LinkContext& shared, Opened opened, wire::ClientOwner& owner)
      : Http1Client(shared.context, shared.actives, std::move(opened.stream), true, shared.policy, owner),
        tls_(opened.tls) {}

 private:
  wire::Failure explained(const wire::Failure& failure) override { return explained_by(tls_, failure); }
  bool end_is_doubtful() const override { return tls_ != nullptr && tls_->truncated(); }

  net::TlsStream* tls_;
};

}  // namespace

Http1Link::~Http1Link() {
  busy_ = false;
  const wire::Turn::Scope scope(shared_.context.turn);
  if (connection_) connection_->cancel();
}

std::expected<wire::ClientStream*, int> Http1Link::begin(wire::ClientHandler& handler) {
  if (!connection_) {
    auto opened = open_stream(shared_);
    if (!opened) return std::unexpected(opened.error());
    wire::ClientOwner& owner = *this;
    connection_ = std::make_unique<Http1Connection>(shared_, *std::move(opened), owner);
  }
  busy_ = true;
  connection_->begin(handler);
  return connection_.get();
}

void Http1Link::answered() {
  shared_.context.turn.lend();
  connection_->release();
}

void Http1Link::on_idle(wire::Http1Client&) {
  busy_ = false;
  owner_.on_link_free();
}

void Http1Link::on_closed(wire::Http1Client&) {
  shared_.context.loop.reap(std::move(connection_));
  if (!busy_) return;
  busy_ = false;
  owner_.on_link_free();
}

}  // namespace weir::bench
