#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/model/snapshot.h"
#include "lb/net/signal.h"
#include "lb/observe/access_log.h"
#include "lb/observe/metrics.h"
#include "lb/server/descriptors.h"
#include "lb/server/sockets.h"
#include "lb/server/start_error.h"
#include "lb/server/target_directory.h"
#include "lb/server/worker.h"

namespace weir::server {

// What the daemon runs: the configuration and where it came from.
struct DaemonOptions {
  std::shared_ptr<const model::Snapshot> snapshot;
  std::string config_file;  // empty: built in
};

// The running load balancer: the control thread's loop with the signals and the admin server, and
// the workers. Made and run on the main thread.
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

  const std::vector<BoundListener>& listeners() const { return listeners_; }
  // As really bound; absent if switched off.
  const std::optional<base::SocketAddress>& admin_address() const { return admin_address_; }

 private:
  class Admin;

  Daemon(const base::Clock& clock, DaemonOptions options);
  std::expected<void, StartError> prepare();
  std::vector<std::string> socket_files() const;
  void take_signals();
  void start_workers();
  void start_directory();
  void forget_targets();
  std::expected<std::string, admin::Refusal> explain(const admin::ExplainOrder& order);
  void on_stop_signal();
  void on_hangup();
  void reload_keys();
  void on_reopen_signal();
  void begin_drain();
  void on_worker_drained();
  void abort();

  const base::Clock& clock_;
  const DaemonOptions options_;
  net::Loop loop_;
  net::Loop dry_loop_;  // never runs by itself: for explain()
  base::Instant explain_again_{};
  wire::Context context_;
  net::Mailbox mailbox_;
  observe::Registry registry_;
  std::unique_ptr<observe::AccessLogWriter> access_;
  std::unique_ptr<proxy::ProcessLimits> limits_;
  std::string via_token_;
  std::shared_ptr<const sticky::Keys> cookie_keys_;
  std::vector<BoundListener> listeners_;
  std::optional<base::SocketAddress> admin_address_;
  std::unique_ptr<TargetDirectory> directory_;
  std::unique_ptr<Admin> admin_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<net::Signal>> signals_;
  net::Deadline grace_;
  net::Deadline forget_;
  unsigned worker_count_ = 1;
  ConnectionBounds bounds_;
  unsigned drained_ = 0;
  bool stopping_ = false;
};

}  // namespace weir::server
