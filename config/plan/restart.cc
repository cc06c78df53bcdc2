#include "config/plan/restart.h"

#include <algorithm>

#include "config/plan.h"

namespace weir::config {
namespace {

using model::Snapshot;

template <auto Section, auto Member>
void keep(const Snapshot& running, Snapshot& next) {
  (next.*Section).*Member = (running.*Section).*Member;
}

struct RestartKey {
  std::string_view section;
  std::string_view key;
  void (*keep)(const Snapshot& running, Snapshot& next);
};

constexpr auto kProcess = &Snapshot::process;
using model::Process;

constexpr RestartKey kRestartKeys[] = {
    {"process", "workers", keep<kProcess, &Process::workers>},
    {"process", "max_connections", keep<kProcess, &Process::max_connections>},
    {"process", "user", keep<kProcess, &Process::user>},
    {"process", "state_dir", keep<kProcess, &Process::state_dir>},
    {"process", "resolvers", keep<kProcess, &Process::resolvers>},
    {"admin", "bind", keep<&Snapshot::admin, &model::Admin::bind>},
    {"admin", "latency_buckets", keep<&Snapshot::admin, &model::Admin::latency_buckets>},
};

}  // namespace

bool needs_restart(std::string_view section, std::string_view key) {
  return std::ranges::any_of(kRestartKeys,
                             [&](const RestartKey& one) { return one.section == section && one.key == key; });
}

model::Snapshot in_force(const model::Snapshot& running, model::Snapshot next) {
  for (const RestartKey& key : kRestartKeys) key.keep(running, next);
  return next;
}

}  // namespace weir::config
