#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lb/admin/state.h"
#include "lb/net/message_channel.h"
#include "lb/observe/registry.h"
#include "lb/server/upgrade_estate.h"

namespace weir::server::upgrade {

// The processes that this one, or one of them, has taken over from, for as long as they finish what they
// have. What they count goes into the registry. On the control thread.
class OldProcesses {
 public:
  static constexpr std::size_t kMost = 8;

  OldProcesses(net::Loop& loop, observe::Registry& registry) : loop_(loop), registry_(registry) {}
  ~OldProcesses() = default;
  OldProcesses(const OldProcesses&) = delete;
  OldProcesses& operator=(const OldProcesses&) = delete;

  // What they all have left; begins to listen to them. If there are too many, the oldest is told to end.
  void take(Estate& estate);
  // For the process that takes over from this one: who they are, with the ways to them. Leaves what they say
  // to that one, until listen().
  std::vector<OldProcess> hand_over();
  void listen();

  void reopen_logs();
  std::vector<admin::OldProcess> status() const;
  // Of them, and of those that have ended.
  std::uint64_t access_log_dropped() const;
  std::uint64_t access_log_dropped_before() const { return dropped_before_; }
  observe::SpanCounts spans() const;
  const observe::SpanCounts& spans_before() const { return spans_before_; }

 private:
  struct Process {
    OldProcess about;  // without the totals
    observe::Predecessors::Id id = 0;
    std::unique_ptr<net::MessageChannel> channel = nullptr;
    bool told_to_end = false;
  };

  void add(OldProcess process);
  void on_message(observe::Predecessors::Id id, const net::Message& message);
  void on_end(observe::Predecessors::Id id);
  Process& find(observe::Predecessors::Id id);
  void limit();

  net::Loop& loop_;
  observe::Registry& registry_;
  std::vector<std::unique_ptr<Process>> processes_;  // oldest first
  observe::Predecessors::Id last_id_ = 0;
  std::uint64_t dropped_before_ = 0;
  observe::SpanCounts spans_before_;
};

}  // namespace weir::server::upgrade
