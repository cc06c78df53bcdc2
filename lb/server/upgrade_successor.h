#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lb/net/message_channel.h"
#include "lb/net/timer_wheel.h"
#include "lb/observe/totals.h"
#include "lb/server/upgrade_estate.h"
#include "lb/server/upgrade_program.h"

namespace weir::server::upgrade {

// The process that is to take over from this one, on the control thread:
//
//             hello                    ready                        serving
//   starting --------> preparing ----------------> taking over ----------------> serving
//      |    gets the offer |  gets the estate           |             gets what is counted, until
//      |___________________|____________________________|             this process ends
//             it ends, says nothing in time or talks nonsense:
//             it is killed, and `failed` is called
class Successor {
 public:
  struct Outlets {
    std::function<Offer()> offer;
    // It is ready: from now on nobody asks this process, and what it knows is complete.
    std::function<Estate()> estate;
    std::function<void()> serving;
    std::function<void(const std::string& why)> failed;
    // When it serves: what this process is told to do.
    std::function<void()> end;
    std::function<void()> reopen_logs;
    // What this process has counted until now, and its connections.
    std::function<OldProcess()> counted;
  };

  // Starts it. The error says why it cannot be started.
  static std::expected<std::unique_ptr<Successor>, std::string> start(net::Loop& loop, const Program& program,
                                                                      Outlets outlets);
  ~Successor() = default;
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  pid_t pid() const { return child_.pid(); }
  bool serves() const { return phase_ == Phase::serving; }
  // Ends it, unless it serves; nothing is called any more.
  void give_up();
  // Tells it the last counts; calls back when it has them, or could not have them.
  void finish(std::function<void()> done);

 private:
  enum class Phase { starting, preparing, taking_over, serving, failed };

  Successor(net::Loop& loop, Started started, net::Fd channel, Outlets outlets);
  void on_message(const net::Message& message);
  void on_word(const std::string& type);
  void on_closed(const std::string& why);
  void on_exit(const std::string& how);
  void on_time();
  void fail(const std::string& why);
  void hand_over();
  void report();

  net::Loop& loop_;
  const Outlets outlets_;
  Child child_;
  net::MessageChannel channel_;
  Phase phase_ = Phase::starting;
  observe::Totals told_;    // of what this process has counted
  std::string closed_why_;  // the channel has, and how it ends tells more
  std::function<void()> finished_;
  base::Instant finish_by_ = base::kNever;
  net::Deadline timer_;
};

}  // namespace weir::server::upgrade
