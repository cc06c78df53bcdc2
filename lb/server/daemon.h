#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/model/snapshot.h"
#include "lb/net/signal.h"
#include "lb/observe/access_log.h"
#include "lb/server/admin_api.h"
#include "lb/server/admin_sockets.h"
#include "lb/server/configuration.h"
#include "lb/server/descriptors.h"
#include "lb/server/fleet.h"
#include "lb/server/reloader.h"
#include "lb/server/service_manager.h"
#include "lb/server/start_error.h"
#include "lb/server/state_lock.h"
#include "lb/server/target_directory.h"
#include "lb/server/tracing.h"
#include "lb/server/upgrade_old_processes.h"
#include "lb/server/upgrade_program.h"
#include "lb/server/upgrade_successor.h"
#include "lb/server/upgrade_takeover.h"

namespace weir::server {

// What the daemon runs: the configuration and where it came from.
struct DaemonOptions {
  model::Snapshot snapshot;
  ConfigSource source;
  base::WallTime load_began{};
  InheritedSockets inherited = {};
  upgrade::Program program = {};  // without a path: there is no upgrade
  // Of the process that this one is to take over from.
  std::optional<upgrade::Received> predecessor = {};
};

// The running load balancer: the control thread's loop with the signals, the target groups, the reloads and
// the admin server, and the workers. Made and run on the main thread.
class Daemon {
 public:
  // Opens sockets and logs, drops privileges, starts the workers: all of it or nothing.
  static std::expected<std::unique_ptr<Daemon>, StartError> start(const base::Clock& clock,
                                                                  DaemonOptions options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until a signal ends it, and after an upgrade until the last connection has ended. Returns the exit
  // code.
  int run();

  const std::vector<admin::BoundListener>& listeners() const { return fleet_.listeners(); }
  // As really bound; absent if switched off.
  std::optional<base::SocketAddress> admin_address() const;

 private:
  Daemon(const base::Clock& clock, const DaemonOptions& options);
  std::expected<void, StartError> prepare(DaemonOptions options);
  std::expected<void, StartError> fit_descriptors();
  std::expected<void, StartError> open_access_log();
  void start_admin();
  void start_fleet(Fleet::Opened opened);
  void start_directory();
  void take_signals();
  void turn_tickets();
  void forget_counters();

  // The state directory
  std::expected<void, StartError> lock_state_directory(net::Fd handed_over);
  void keep_secrets() const;
  void look_after_state_directory();

  std::expected<std::string, admin::Refusal> explain(const admin::ExplainOrder& order);

  ServiceManager::Outlets service_outlets();

  // Reloads
  Reloader::Outlets reload_outlets();
  std::expected<void, StartError> apply(LoadedConfiguration loaded);
  void on_reload(const ReloadReport& report);
  void on_reload_over();
  std::shared_ptr<admin::Later> reload_for_admin(std::optional<base::Duration> confirm);

  // Upgrades: the process that is taken over from
  void begin_upgrade();
  std::string upgrade_refusal() const;
  upgrade::Successor::Outlets upgrade_outlets();
  upgrade::Offer offer() const;
  upgrade::Estate estate();
  upgrade::OldProcess counted() const;
  void on_upgrade_failed(const std::string& why);
  void retire();
  void on_drained();
  // and the one that takes over
  std::shared_ptr<const Configuration> begin_takeover(DaemonOptions& options);
  void take_over(upgrade::Estate& estate);
  void own_file(const std::string& path, InheritedSocket::Of before);
  admin::Event upgrade_event(const std::string& to, const std::string& detail) const;

  void serve();
  void on_stop_signal();
  void on_hangup();
  void on_reopen_signal();
  void begin_drain();
  void abort();

  const base::Clock& clock_;
  const base::WallTime load_began_;
  net::Loop loop_;
  net::Loop dry_loop_;  // never runs by itself: for explain()
  base::Instant explain_again_{};
  wire::Context context_;
  net::Mailbox mailbox_;
  observe::Registry registry_;
  std::unique_ptr<observe::AccessLogWriter> access_;
  Tracing tracing_;
  std::unique_ptr<proxy::ProcessLimits> limits_;
  std::shared_ptr<const Configuration> running_;
  StateLock state_lock_;
  std::string state_problem_;  // why it is not held, as it was logged
  Fleet fleet_;
  std::unique_ptr<TargetDirectory> directory_;
  std::optional<net::ListeningSockets> admin_sockets_;  // until there is an admin_
  std::vector<net::Fd> admin_copies_;                   // for a process that takes over
  std::unique_ptr<AdminApi> admin_;                     // null: off, or not yet
  ServiceManager service_;
  Reloader reloader_;
  std::vector<std::unique_ptr<net::Signal>> signals_;
  net::Deadline grace_;
  net::Deadline forget_;
  net::Deadline tickets_;
  net::Deadline state_look_;
  ConnectionBounds bounds_;
  const upgrade::Program program_;
  upgrade::OldProcesses old_processes_;
  std::unique_ptr<upgrade::Takeover> takeover_;    // null: it serves
  std::unique_ptr<upgrade::Successor> successor_;  // null: no upgrade is under way
  bool stopping_ = false;
  bool retired_ = false;        // another process has taken over
  bool hurried_ = false;        // and this one has been told to end
  bool hangup_waits_ = false;   // until this process has taken over
  bool upgrade_waits_ = false;  // until the reload under way is over
  int exit_code_ = 0;
};

}  // namespace weir::server
