#include "bench/load/verdict.h"

#include <array>

namespace weir::bench {
namespace {

constexpr double kBusy = 0.95;
// Of the requests that were due; the rest may be under way.
constexpr double kKept = 0.99;

bool rate_was_kept(const Outcome& outcome, const LoadPlan& plan) {
  const Tally& tally = outcome.tally;
  const double all = static_cast<double>(tally.answered + tally.failed());
  return plan.pace && static_cast<double>(tally.answered) >= kKept * all &&
         static_cast<double>(tally.delayed) <= (1 - kKept) * all;
}

struct Words {
  std::string_view word;
  std::string_view sentence;
};

constexpr std::array<Words, 5> kWords{{
    {"load", "the load generator was the bottleneck: one of its threads used up a core (try more --threads)"},
    {"machine",
     "the machine was the bottleneck: all of its cores were busy, with the load generator among them"},
    {"target", "the target was the bottleneck: it used up a core"},
    {"rate", "nothing was a bottleneck: the rate was kept"},
    {"unknown",
     "no bottleneck was seen: neither the load generator nor what is known of the target was busy"},
}};

}  // namespace

Limit limit_of(const Outcome& outcome, const LoadPlan& plan) {
  if (outcome.busiest_thread >= kBusy) return Limit::load;
  if (rate_was_kept(outcome, plan)) return Limit::rate;
  const double measured = std::chrono::duration<double>(outcome.measured).count();
  if (outcome.target && std::chrono::duration<double>(outcome.target->total()).count() >= kBusy * measured) {
    return Limit::target;
  }
  return outcome.machine_busy >= kBusy ? Limit::machine : Limit::unknown;
}

std::string_view word(Limit limit) { return kWords[static_cast<std::size_t>(limit)].word; }
std::string_view sentence(Limit limit) { return kWords[static_cast<std::size_t>(limit)].sentence; }

}  // namespace weir::bench
