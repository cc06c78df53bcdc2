#include "bench/load/link.h"

#include "lb/net/tcp_stream.h"

namespace weir::bench {

Link::~Link() {
  busy_ = false;
  const wire::Turn::Scope scope(shared_.context.turn);
  if (connection_) connection_->cancel();
}

std::expected<wire::ClientStream*, int> Link::begin(wire::ClientHandler& handler) {
  if (!connection_) {
    auto stream = net::TcpStream::connect(shared_.context.loop, shared_.address);
    if (!stream) return std::unexpected(stream.error());
    wire::ClientOwner& owner = *this;
    connection_ = std::make_unique<wire::Http1Client>(shared_.context, shared_.actives, std::move(*stream),
                                                      true, shared_.policy, owner);
  }
  busy_ = true;
  connection_->begin(handler);
  return connection_.get();
}

void Link::on_idle(wire::Http1Client&) {
  busy_ = false;
  owner_.on_link_free();
}

void Link::on_closed(wire::Http1Client&) {
  shared_.context.loop.reap(std::move(connection_));
  if (!busy_) return;
  busy_ = false;
  owner_.on_link_free();
}

}  // namespace weir::bench
