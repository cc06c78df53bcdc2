#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/admin/later.h"
#include "lb/admin/listener_facts.h"
#include "lb/admin/operations.h"
#include "lb/base/clock.h"
#include "lb/model/snapshot.h"
#include "lb/observe/access_log.h"
#include "lb/observe/metrics.h"
#include "lb/observe/registry.h"
#include "lb/observe/span_queue.h"

namespace weir::admin {

class LiveFeed;

enum class Phase { starting, running, stopping };

// A process that finishes what it has, since this one has taken over.
struct OldProcess {
  pid_t pid = 0;
  base::WallTime since{};  // when it was taken over from
  std::uint64_t connections = 0;
};

// What the admin API tells about the daemon. Kept up to date by the control thread, and read on it.
struct State {
  const observe::Registry* registry = nullptr;           // never null when it is read
  const observe::AccessLogWriter* access_log = nullptr;  // null: off
  std::shared_ptr<const model::Snapshot> snapshot;       // never null when it is read
  Operations* operations = nullptr;                      // null: no target groups run
  // The JSON that explains what becomes of a request; null: nobody can say.
  std::function<std::expected<std::string, Refusal>(const ExplainOrder&)> explain;
  // Reads the configuration again; with a time, it is taken back unless confirmed by then. Null: there is no
  // file. The second one: false if there is nothing to confirm.
  std::function<std::shared_ptr<Later>(std::optional<base::Duration> confirm)> reload;
  std::function<bool()> confirm;
  // Does what takes long on another thread. Null: it is done at once.
  std::function<std::shared_ptr<Later>(std::move_only_function<Response()> work)> elsewhere;
  // Null: there are none.
  std::function<std::vector<OldProcess>()> old_processes;
  // Lines of the access log that they, and those before them, have dropped.
  std::function<std::uint64_t()> access_log_dropped_before;
  // Of this process and those before it; null: none.
  std::function<observe::SpanCounts()> spans;
  std::vector<ServedCertificate> certificates;  // of all listeners
  std::vector<observe::CertificateFact> certificates_of_groups;
  std::shared_ptr<LiveFeed> live;  // null: there is none
  observe::BuildInfo build;
  pid_t pid = 0;
  unsigned workers = 0;
  base::WallTime started;
  Phase phase = Phase::starting;
  std::vector<BoundListener> listeners;

  std::string config_file;
  std::string config_hash;
  std::string config_json;  // the effective configuration, without secrets
  base::WallTime config_loaded;
  bool last_reload_succeeded = true;
  std::array<std::uint64_t, observe::kReloadResults.size()> reloads{};
};

}  // namespace weir::admin
