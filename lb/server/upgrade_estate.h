#pragma once

#include <sys/types.h>

#include <array>
#include <expected>
#include <string>
#include <vector>

#include "lb/net/message_channel.h"
#include "lb/observe/metrics.h"
#include "lb/observe/span_queue.h"
#include "lb/observe/totals.h"
#include "lb/server/group_snapshot.h"
#include "lb/server/upgrade_offer.h"

namespace weir::server::upgrade {

// A process that finishes what it has, beside the one that has taken over.
struct OldProcess {
  pid_t pid = 0;
  base::WallTime since{};  // when it was taken over from
  std::uint64_t connections = 0;
  std::uint64_t access_log_dropped = 0;
  observe::SpanCounts spans = {};
  observe::Totals totals = {};  // what it has counted by itself
  net::Fd channel;
};

// What a process leaves to the one that takes over in this moment.
struct Estate {
  DirectorySnapshot directory;
  observe::Totals past;               // what processes have counted that run no more
  std::vector<OldProcess> processes;  // first the one that leaves it, without its channel; then the oldest
  std::array<std::uint64_t, observe::kReloadResults.size()> reloads{};
  std::uint64_t access_log_dropped = 0;  // by processes that run no more
  observe::SpanCounts spans = {};        // of these, too
};

// Gives the channels away.
void write(Estate& estate, const Send& send);

// Takes it in, message by message.
class EstateReader {
 public:
  // True: it is complete. The error says what makes no sense; then there is no estate.
  std::expected<bool, std::string> take(net::Message message);
  Estate& estate() { return estate_; }

 private:
  bool read(net::Message& message);

  Estate estate_;
};

}  // namespace weir::server::upgrade
