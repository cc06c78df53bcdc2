#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/admin/operations.h"
#include "lb/server/config_loader.h"
#include "lb/server/file_watcher.h"
#include "lb/server/reload_report.h"
#include "lb/server/rollback_guard.h"

namespace weir::server {

// Goes from one configuration to the next: reads the file when something asks for it, lets the daemon apply
// it as a whole or not at all, and takes it back if it is not confirmed in time or makes requests fail. What
// comes while a load is under way is answered by one load behind it. On the control thread.
//
//              request                 loaded                     confirm
//   at rest -------------> loading -------------> at rest, or ----------------> at rest
//      ^                      |       applied     provisional --
//      |______________________|                                 | time is over, or too many errors
//         refused, unchanged            rolled back <-----------'
class Reloader {
 public:
  struct Outlets {
    // What runs now.
    std::function<std::shared_ptr<const Configuration>()> running;
    // Finds out what takes a while, before it is gone over to; then, or at once, calls back.
    std::function<void(const Configuration& next, std::function<void()> done)> prepare;
    // Goes over to it; the error says why nothing has changed.
    std::function<std::expected<void, StartError>(LoadedConfiguration)> apply;
    // What became of it; called for each reload but those that went unnoticed.
    std::function<void(const ReloadReport&)> report;
    // A reload begins (true), or has ended, whichever way: noticed or not, behind its report.
    std::function<void(bool)> under_way;
    std::function<TrafficSample()> traffic;
  };
  using Done = std::function<void(const std::expected<ReloadReport, admin::Refusal>&)>;

  Reloader(net::Loop& loop, net::Mailbox& mailbox, observe::Registry& registry, unsigned workers,
           Outlets outlets);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // The first load, which began at `began`, is in force.
  void start(base::WallTime began);
  // `confirm`: it is taken back unless confirm() comes within that time.
  void request(ReloadCause cause, std::optional<base::Duration> confirm = {}, Done done = {});
  // False: there is nothing to confirm.
  bool confirm();
  // Something is being loaded, or taken back.
  bool busy() const { return busy_; }
  // What is in force may be taken back: it waits to be confirmed, or is on trial.
  bool may_take_back() const { return provisional_ || guard_.on_trial(); }
  // Nothing is loaded until resume(): a change of the files, or a signal, is then.
  void pause() { paused_ = true; }
  void resume();
  // Another process sees to it: files are watched no more, and nothing is taken back.
  void stop();

 private:
  struct Order {
    ReloadCause cause;
    std::optional<base::Duration> confirm;
    Done done;
  };
  // What is taken back unless somebody confirms it.
  struct Provisional {
    std::shared_ptr<const Configuration> before;
    base::Instant until;
  };

  base::Instant now() { return loop_.now(); }
  base::WallTime wall() const { return loop_.clock().wall(); }
  void begin();
  void set_busy(bool busy);
  void turn_away();
  bool asked_by_watcher() const;
  void on_loaded(LoadOutcome outcome);
  void prepare(LoadedConfiguration loaded, std::function<void(LoadedConfiguration)> then);
  void accept(LoadedConfiguration loaded);
  void follow_settings();
  void refuse(config::Diagnostics diagnostics, const config::Inputs& inputs);
  void finish(ReloadReport report);
  void roll_back(ReloadCause cause, std::string why);
  // To what is gone back, and why.
  struct Return {
    ReloadCause cause;
    std::shared_ptr<const Configuration> before;
    std::string why;
  };
  void on_restored(LoadedConfiguration loaded, const Return& back);
  void watch();
  config::Watched watched(const config::Inputs& inputs) const;
  void on_time();
  void arm();

  net::Loop& loop_;
  const Outlets outlets_;
  ConfigLoader loader_;
  std::unique_ptr<FileWatcher> watcher_;  // null: built-in configuration
  model::Watch watch_settings_;
  std::vector<Order> waiting_;
  std::vector<Order> loading_;  // that the load under way answers
  bool busy_ = false;
  bool paused_ = false;
  bool missed_change_ = false;  // of the files, while it was provisional or paused
  base::WallTime load_began_{};
  std::optional<Provisional> provisional_;
  RollbackGuard guard_;
  std::shared_ptr<const Configuration> guarded_;  // what it goes back to
  net::Deadline timer_;
};

}  // namespace weir::server
