#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/load_run.h"
#include "bench/compare/measurement.h"
#include "bench/compare/scratch.h"
#include "bench/compare/settings.h"
#include "bench/compare/stage.h"

namespace weir::bench::compare {

// Makes the measurements, one after the other, each with a proxy of its own. What prevents one is written
// into it.
class Runner {
 public:
  Runner(const Settings& settings, Scratch& scratch) : settings_(settings), scratch_(scratch) {}

  Measurement measure(const Workload& workload, const InstalledPeer& peer, unsigned round);
  // Whether it starts and answers at all; what it says if not.
  std::expected<void, std::string> try_out(const InstalledPeer& peer);

 private:
  struct Stage {
    std::vector<Target> targets;  // empty: the shared one
    Proxy proxy;
    std::string trouble;  // what went wrong with a disturbance
  };

  std::expected<Stage, std::string> set_up(const Workload& workload, const InstalledPeer& peer);
  std::expected<std::uint16_t, std::string> shared_target();
  std::vector<Moment> disturbances(const Workload& workload, const LoadPlan& plan, Stage& stage);
  static void kill_zone(const Workload& workload, Stage& stage);
  void bring_back_zone(const Workload& workload, Stage& stage);
  std::expected<void, std::string> measure_load(const Workload& workload, const InstalledPeer& peer,
                                                Measurement& measurement);
  std::expected<void, std::string> measure_idle(const Workload& workload, const InstalledPeer& peer,
                                                Measurement& measurement);
  std::expected<std::optional<double>, std::string> rate_of(const Workload& workload);
  std::expected<double, std::string> most_of(const Workload& workload, const InstalledPeer& peer);

  const Settings& settings_;
  Scratch& scratch_;
  std::optional<Target> target_;
  std::map<std::string, double, std::less<>>
      rates_;  // of the workloads whose rate is a share of what peers can
};

}  // namespace weir::bench::compare
