#include "lb/probe/tcp_probe.h"

#include "lb/probe/failure_text.h"

namespace weir::probe {

TcpProbe::TcpProbe(ProbeOrder order)
    : loop_(order.context.loop),
      owner_(order.owner),
      began_(loop_.now()),
      timeout_(order.check->timeout),
      deadline_(loop_.timers(), this, [](void* self) { static_cast<TcpProbe*>(self)->on_deadline(); }) {
  result_.at = loop_.clock().wall();
  if (!order.stream) {
    error_ = order.stream.error();
    deadline_.set(began_);
    return;
  }
  stream_ = std::move(*order.stream);
  stream_->set_events(this);
  stream_->want({.read = false, .write = true});
  deadline_.set(began_ + timeout_);
}

void TcpProbe::on_writable() {
  if (!stream_) return;
  const net::IoResult connected = stream_->established();
  if (connected.kind == net::IoResult::Kind::would_block) return;
  if (connected.kind == net::IoResult::Kind::error) fail_to_connect(result_, connected.error);
  finish();
}

void TcpProbe::on_deadline() {
  if (error_ != 0) {
    fail_to_connect(result_, error_);
  } else {
    fail_in_time(result_, health::Phase::connect, "no connection", timeout_);
  }
  finish();
}

void TcpProbe::finish() {
  deadline_.clear();
  stream_.reset();
  result_.took = loop_.now() - began_;
  owner_.on_result(result_);
}

}  // namespace weir::probe
