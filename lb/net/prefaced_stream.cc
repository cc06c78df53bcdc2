#include "lb/net/prefaced_stream.h"

namespace weir::net {

IoResult PrefacedStream::established() {
  if (!connected_) {
    const IoResult connected = below_->established();
    if (connected.kind != IoResult::Kind::done) return connected;
    connected_ = true;
  }
  while (!preface_.empty()) {
    const iovec part{preface_.data(), preface_.size()};
    const IoResult sent = below_->write({&part, 1});
    if (sent.kind != IoResult::Kind::done) return sent;
    preface_.erase(0, sent.bytes);
  }
  return IoResult::done(0);
}

}  // namespace weir::net
