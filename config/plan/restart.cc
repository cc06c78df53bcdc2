#include "config/plan/restart.h"

#include <algorithm>

#include "config/plan.h"

namespace weir::config {
namespace {

using model::Process;

template <auto Member>
void keep(const Process& running, Process& next) {
  next.*Member = running.*Member;
}

struct RestartKey {
  std::string_view key;  // of `process`
  void (*keep)(const Process& running, Process& next);
};

constexpr RestartKey kKeys[] = {
    {"workers", keep<&Process::workers>},     {"max_connections", keep<&Process::max_connections>},
    {"user", keep<&Process::user>},           {"state_dir", keep<&Process::state_dir>},
    {"resolvers", keep<&Process::resolvers>},
};

}  // namespace

bool needs_restart(std::string_view section, std::string_view key) {
  return section == "process" && std::ranges::find(kKeys, key, &RestartKey::key) != std::end(kKeys);
}

model::Snapshot in_force(const model::Snapshot& running, model::Snapshot next) {
  for (const RestartKey& key : kKeys) key.keep(running.process, next.process);
  return next;
}

}  // namespace weir::config
