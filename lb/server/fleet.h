#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/net/mailbox.h"
#include "lb/server/configuration.h"
#include "lb/server/listener_table.h"
#include "lb/server/worker.h"

namespace weir::server {

// The workers with the sockets that they accept from. On the control thread, which each worker's questions
// reach by the mailbox.
class Fleet {
 public:
  Fleet(const base::Clock& clock, net::Mailbox& mailbox, observe::Registry& registry, unsigned workers);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Before the first open().
  std::expected<void, StartError> inherit(InheritedSockets sockets) {
    return table_.inherit(std::move(sockets));
  }
  // Another process serves until begin_listening(), and begin_accepting() after it.
  void hold() { table_.hold(); }
  std::expected<void, std::string> begin_listening() { return table_.begin(); }
  // Sockets that are open for a configuration which is not in force yet.
  using Opened = ListenerTable::Opened;
  std::expected<Opened, StartError> open(const model::Snapshot& next) { return table_.open(next); }

  // What the workers log from the next start() or apply() on; null: nothing.
  void log_as(std::shared_ptr<const observe::AccessSettings> access) { access_ = std::move(access); }
  // What they trace; null: nothing.
  void trace_as(std::shared_ptr<const observe::TraceSettings> tracing) { tracing_ = std::move(tracing); }
  // Starts the workers: they serve it from now on; or, if they are told to `wait`, from begin_accepting() on.
  // `engine` is completed for each of them. `on_drained` is
  // called when they have all ended what they had after drain().
  void start(Opened opened, const Configuration& configuration, const std::vector<proxy::GroupSetup>& groups,
             const proxy::EngineSetup& engine, bool wait, std::function<void()> on_drained);
  void begin_accepting();
  // Goes over to a configuration. `groups` are those that are new or have changed; `views` those of
  // make_views().
  void apply(Opened opened, const Configuration& next, const std::vector<proxy::GroupSetup>& groups,
             Views views);

  // To every worker.
  void update(const std::string& group, const proxy::GroupView& view);
  void cut(const std::string& group, balance::Slot slot);
  void remove_group(const std::string& group);
  // Calls back on the control thread once the loop of that worker has come round.
  void ask(unsigned worker, std::function<void()> answered);
  void drain(base::Duration quiet);
  // Like drain(), but another process goes on with the sockets: their files stay.
  void retire(base::Duration quiet);
  std::expected<InheritedSockets, StartError> copied_sockets() const { return table_.copied(); }
  bool own_file(const std::string& path) { return table_.own_file(path); }
  void abort();
  void stop();

  const std::vector<admin::BoundListener>& listeners() const { return table_.bound(); }
  unsigned workers() const { return count_; }
  bool drained() const { return drained_ == count_; }

 private:
  std::vector<WorkerUpdate> updates(const Configuration& next, const std::vector<proxy::GroupSetup>& groups,
                                    Views views) const;
  proxy::EngineSetup setup_of(unsigned worker, proxy::EngineSetup engine);

  const base::Clock& clock_;
  net::Mailbox& mailbox_;
  observe::Registry& registry_;
  const unsigned count_;
  ListenerTable table_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<WorkerUpdate> waiting_;  // sockets that the workers are given later
  std::function<void()> on_drained_;
  std::shared_ptr<const observe::AccessSettings> access_;
  std::shared_ptr<const observe::TraceSettings> tracing_;
  unsigned drained_ = 0;
};

}  // namespace weir::server
