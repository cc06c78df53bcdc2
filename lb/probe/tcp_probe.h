#pragma once

#include <memory>

#include "lb/net/timer_wheel.h"
#include "lb/probe/probe.h"

namespace weir::probe {

// A connection that is established is a pass, and is closed at once.
class TcpProbe final : public Probe, net::StreamEvents {
 public:
  explicit TcpProbe(ProbeOrder order);

 private:
  void on_readable() override { on_writable(); }
  void on_writable() override;
  void on_deadline();
  void finish();

  net::Loop& loop_;
  ProbeOwner& owner_;
  base::Instant began_;
  base::Duration timeout_;
  health::ProbeResult result_;
  net::Deadline deadline_;
  std::unique_ptr<net::ByteStream> stream_;
  int error_ = 0;  // why there is none
};

}  // namespace weir::probe
