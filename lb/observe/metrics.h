#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/observe/group_facts.h"
#include "lb/observe/registry.h"

// What a scrape of /metrics reads: the text format of Prometheus.
namespace weir::observe {

struct BuildInfo {
  std::string version;
  std::string commit;
  std::string compiler;
};

// What became of configurations that were read again.
inline constexpr std::array<std::string_view, 5> kReloadResults = {"applied", "unchanged", "refused",
                                                                   "rolled_back", "rollback_failed"};

// What a scrape tells beside the counters. Filled in by the control thread.
struct MetricsFacts {
  BuildInfo build;
  std::string config_hash;
  bool last_reload_succeeded = true;
  base::WallTime last_reload;
  std::array<std::uint64_t, kReloadResults.size()> reloads{};
  std::uint64_t access_log_dropped = 0;
  GroupFacts groups;
};

std::string metrics_text(const Registry& registry, const MetricsFacts& facts);

}  // namespace weir::observe
