#include "bench/load/verdict.h"

#include <array>
#include <numeric>

namespace weir::bench {
namespace {

constexpr double kBusy = 0.95;
// Of the requests that were due; the rest may be under way.
constexpr double kKept = 0.99;

std::uint64_t due_in_all(const Tally& tally) {
  const auto broken = std::accumulate(tally.failures.begin(), tally.failures.end(), std::uint64_t{0});
  return tally.answered + broken + tally.unanswered + tally.upgrade_refused;
}

bool most_waited(const Tally& tally) {
  return static_cast<double>(tally.delayed) > (1 - kKept) * static_cast<double>(due_in_all(tally));
}

bool rate_was_kept(const Tally& tally) {
  return static_cast<double>(tally.answered) >= kKept * static_cast<double>(due_in_all(tally)) &&
         !most_waited(tally);
}

double cores_used(const ProcessCpu::Times& times, const Outcome& outcome) {
  return std::chrono::duration<double>(times.total()) / outcome.measured;
}

// Whether load and target had at least half of all cores.
bool machine_was_ours(const Outcome& outcome) {
  const double ours =
      cores_used(outcome.own, outcome) + cores_used(outcome.target.value_or(ProcessCpu::Times{}), outcome);
  return ours >= 0.5 * outcome.cores;
}

struct Words {
  std::string_view word;
  std::string_view sentence;
};

constexpr std::array<Words, 7> kWords{{
    {"load", "the load generator was the bottleneck: one of its threads used up a core (try more --threads)"},
    {"machine",
     "the machine was the bottleneck: all of its cores were busy, with the load generator among them"},
    {"others", "other processes were the bottleneck: they kept the cores of this machine busy"},
    {"target", "the target was the bottleneck: it used up a core"},
    {"rate", "nothing was a bottleneck: the rate was kept"},
    {"connections",
     "the connections were the bottleneck: requests waited for a free one (try more --connections)"},
    {"unknown",
     "no bottleneck was seen: neither the load generator nor what is known of the target was busy"},
}};

}  // namespace

Limit limit_of(const Outcome& outcome, const LoadPlan& plan) {
  if (outcome.busiest_thread >= kBusy) return Limit::load;
  if (plan.pace && rate_was_kept(outcome.tally)) return Limit::rate;
  if (outcome.target && cores_used(*outcome.target, outcome) >= kBusy) return Limit::target;
  if (outcome.machine_busy >= kBusy) return machine_was_ours(outcome) ? Limit::machine : Limit::others;
  return plan.pace && most_waited(outcome.tally) ? Limit::connections : Limit::unknown;
}

std::string_view word(Limit limit) { return kWords[static_cast<std::size_t>(limit)].word; }
std::string_view sentence(Limit limit) { return kWords[static_cast<std::size_t>(limit)].sentence; }

}  // namespace weir::bench
