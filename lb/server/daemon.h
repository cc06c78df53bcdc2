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

namespace weir::server {

// What the daemon runs: the configuration and where it came from.
struct DaemonOptions {
  model::Snapshot snapshot;
  ConfigSource source;
  base::WallTime load_began{};
  InheritedSockets inherited = {};
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

  // Serves until a signal ends it. Returns the exit code.
  int run();

  const std::vector<admin::BoundListener>& listeners() const { return fleet_.listeners(); }
  // As really bound; absent if switched off.
  std::optional<base::SocketAddress> admin_address() const;

 private:
  Daemon(const base::Clock& clock, const DaemonOptions& options);
  std::expected<void, StartError> prepare(DaemonOptions options);
  std::expected<void, StartError> fit_descriptors();
  std::expected<void, StartError> open_access_log();
  void start_admin(net::ListeningSockets sockets);
  void start_fleet(Fleet::Opened opened);
  void start_directory();
  void take_signals();
  void forget_counters();
  std::expected<std::string, admin::Refusal> explain(const admin::ExplainOrder& order);

  ServiceManager::Outlets service_outlets();

  // Reloads
  Reloader::Outlets reload_outlets();
  std::expected<void, StartError> apply(LoadedConfiguration loaded);
  void on_reload(const ReloadReport& report);
  std::shared_ptr<admin::Later> reload_for_admin(std::optional<base::Duration> confirm);

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
  std::unique_ptr<proxy::ProcessLimits> limits_;
  std::shared_ptr<const Configuration> running_;
  StateLock state_lock_;
  Fleet fleet_;
  std::unique_ptr<TargetDirectory> directory_;
  std::unique_ptr<AdminApi> admin_;  // null: off
  ServiceManager service_;
  Reloader reloader_;
  std::vector<std::unique_ptr<net::Signal>> signals_;
  net::Deadline grace_;
  net::Deadline forget_;
  ConnectionBounds bounds_;
  bool stopping_ = false;
};

}  // namespace weir::server
