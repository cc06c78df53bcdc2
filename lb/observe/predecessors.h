#pragma once

#include <map>

#include "lb/base/clock.h"
#include "lb/observe/totals.h"

namespace weir::observe {

// What the processes before this one have counted, and those of them that still run go on to count. What one
// has told once stays counted, however it ends; only what it had under way ends with it. A value; no thread
// of its own.
class Predecessors {
 public:
  using Id = unsigned;

  // Latencies are kept in buckets of these bounds, whatever those are that they come in.
  explicit Predecessors(LatencyBounds bounds);

  // What that one has counted by itself, in absolute numbers: entries that it has told before, or new ones.
  void report(Id process, Totals changed);
  // It runs no more.
  void end(Id process);
  // Those that had ended before.
  void add_past(Totals past);

  void add_to(Totals& sum) const;
  const Totals& past() const { return past_; }
  const std::map<Id, Totals>& running() const { return running_; }

  // Forgets what is left of ended ones, but for the keys of `kept`.
  void forget_past(const Totals& kept);
  bool empty() const { return running_.empty() && past_.listeners.empty() && past_.targets.empty(); }

 private:
  const LatencyBounds bounds_;
  std::map<Id, Totals> running_;
  Totals past_;
};

}  // namespace weir::observe
