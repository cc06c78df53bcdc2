#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/clock.h"
#include "lb/observe/group_facts.h"
#include "lb/observe/registry.h"
#include "lb/observe/span_queue.h"

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

// A certificate that is in use.
struct CertificateFact {
  std::string subject;  // or what tells it from others, if it has none
  std::chrono::sys_seconds not_after{};
};

// What a scrape tells beside the counters. Filled in by the control thread.
struct MetricsFacts {
  BuildInfo build;
  std::string config_hash;
  bool last_reload_succeeded = true;
  base::WallTime last_reload;
  std::array<std::uint64_t, kReloadResults.size()> reloads{};
  std::uint64_t access_log_dropped = 0;
  SpanCounts spans;
  GroupFacts groups;
  std::vector<CertificateFact> certificates = {};  // in any order, several of one subject too
};

// A scrape, piece by piece, so that thousands of targets hold nobody up. `registry` outlives it. What is
// counted meanwhile may be in it or not; a target's series are of one moment.
class Scrape {
 public:
  Scrape(const Registry& registry, MetricsFacts facts);
  ~Scrape();
  Scrape(const Scrape&) = delete;
  Scrape& operator=(const Scrape&) = delete;

  // Some `bytes` of the text, or a bit more, or none yet; absent: it is complete.
  std::optional<std::string> next(std::size_t bytes);

 private:
  struct Writing;

  bool gather();

  const Registry& registry_;
  const MetricsFacts facts_;
  Totals totals_;
  bool gathered_ = false;
  std::unique_ptr<Writing> writing_;  // null: not yet
};

// The whole of it.
std::string metrics_text(const Registry& registry, const MetricsFacts& facts);

}  // namespace weir::observe
