#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/net/message_channel.h"
#include "lb/net/timer_wheel.h"
#include "lb/server/inherited_sockets.h"
#include "lb/server/upgrade_estate.h"

namespace weir::server::upgrade {

// This process on its way to take over from the one that has started it, on the control thread:
//
//   looking at targets --all looked at, or 30 s--> ready --the estate is complete, it listens--> serving
//        |                                           |
//        +--------- the channel ends ----------------+--> failed
class Takeover {
 public:
  struct Outlets {
    // Every target has been looked at.
    std::function<bool()> looked_at;
    // Its sockets begin to listen, beside those of the other process; the error says which one cannot.
    std::function<std::expected<void, std::string>()> listen;
    // From now on this process serves, and the other one accepts no more.
    std::function<void(Estate& estate)> take_over;
    // The other process has gone, or talks nonsense.
    std::function<void(const std::string& why)> failed;
  };

  Takeover(net::Loop& loop, net::Fd channel, Outlets outlets);
  ~Takeover() = default;
  Takeover(const Takeover&) = delete;
  Takeover& operator=(const Takeover&) = delete;

  void start();
  // Socket files that the other process removes in the end: when this one has taken over, it does.
  struct File {
    std::string path;
    InheritedSocket::Of of;
  };
  std::vector<File> files;

 private:
  void on_message(net::Message message);
  void on_time();
  void complete();

  net::Loop& loop_;
  const Outlets outlets_;
  net::MessageChannel channel_;
  EstateReader reader_;
  base::Instant look_until_{};
  net::Deadline timer_;
};

}  // namespace weir::server::upgrade
