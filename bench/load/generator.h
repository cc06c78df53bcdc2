#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "bench/load/http2_link.h"
#include "bench/load/user.h"
#include "bench/measure/precise_timer.h"

namespace weir::bench {

// Puts the load of one thread on the server: its share of the virtual users and of the rate. Made, run and
// destroyed on that thread; `plan` outlives it. Only answered() may be called from others.
class Generator final : UserOwner {
 public:
  // `index` is that of the thread, from 0.
  Generator(const LoadPlan& plan, const Window& window, unsigned index);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Until the window ends and, in an open loop, what is due in it has been answered, for a while at the most;
  // or until the process is told to end.
  void run();

  std::uint64_t answered() const { return crew_.recorder.answered(); }
  const Tally& tally() const { return crew_.recorder.tally(); }

 private:
  static constexpr base::Duration kPatience = std::chrono::seconds(2);
  // So many users begin in a turn: more connections at once than a listening socket's queue holds would be
  // dropped, and wait a second for their next attempt.
  static constexpr std::size_t kBeginTogether = 32;

  void on_user_free(User& user) override;
  void begin_users();
  std::unique_ptr<User> make_user();
  void pump();
  void wait_for_next();
  base::Instant next_due() const;
  bool all_answered() const;
  void on_deadline();
  void count_unanswered();

  const LoadPlan& plan_;
  const Window window_;
  const base::SystemClock clock_;
  net::Loop loop_{clock_};
  wire::Context context_{loop_};
  Crew crew_;
  std::vector<std::unique_ptr<Http2Trunk>> trunks_;
  std::vector<std::unique_ptr<User>> users_;
  std::deque<User*> free_;  // open loop: in the order in which they became so
  std::uint64_t next_;      // number of the next request, of all threads
  PreciseTimer begin_timer_;
  PreciseTimer pump_timer_;
  net::Deadline deadline_;
  bool ending_ = false;
};

}  // namespace weir::bench
