#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/statistics.h"

// What weir is to reach, and whether it does: one worker against one worker, next to the best of the others.
namespace weir::bench::compare {

enum class Rival { best_proxy, haproxy, layer4, one_worker };
enum class Aim { at_most, at_least, better_in };

struct Goal {
  std::string_view text;
  std::string_view workload;
  Metric metric = Metric::cpu;
  Aim aim = Aim::at_most;
  double limit = 0;  // of the ratio; of Aim::better_in, the share of the rounds
  Rival rival = Rival::best_proxy;
  Filter counts = any_round;  // which rounds
  std::size_t least_rounds = 6;
};

enum class Outcome { met, missed, not_judged };

struct Verdict {
  const Goal* goal = nullptr;  // in the table of goals()
  Outcome outcome = Outcome::not_judged;
  std::string measured;  // "0.78 of haproxy (0.74-0.83, 6 rounds)", or why it could not be judged
};

const std::vector<Goal>& goals();

// Of those goals whose workload is among the measurements. `peers` are the layer 7 ones that were measured
// beside weir.
std::vector<Verdict> judge(const std::vector<Measurement>& all, const std::vector<std::string>& peers);

std::string_view to_string(Outcome outcome);

}  // namespace weir::bench::compare
