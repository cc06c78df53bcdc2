#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lb/base/clock.h"
#include "lb/observe/counters.h"
#include "lb/observe/predecessors.h"
#include "lb/observe/totals.h"

// Hands out the counters and adds them up. Owned by the control thread; every method may be called from
// any thread, takes a lock and is not for the request path: a worker keeps what it was given. Counters are
// known by what they count, so that whoever asks again (a new snapshot, say) goes on counting where it was.
namespace weir::observe {

class Registry {
 public:
  explicit Registry(const Vocabulary& words,
                    std::shared_ptr<const LatencyBuckets> buckets = LatencyBuckets::usual())
      : words_(words), buckets_(std::move(buckets)), predecessors_(buckets_->bounds()) {}

  // Of all histograms.
  const std::shared_ptr<const LatencyBuckets>& latency_buckets() const { return buckets_; }

  std::shared_ptr<ListenerCounters> listener(unsigned worker, const std::string& listener);
  std::shared_ptr<RouteCounters> route(unsigned worker, const std::string& listener,
                                       const std::string& target_group);
  std::shared_ptr<RuleCounters> rule(unsigned worker, const std::string& listener, const std::string& rule);
  std::shared_ptr<GroupCounters> group(unsigned worker, const std::string& target_group);
  // Those of "other" in its group and zone for a target that comes when the bound on series is reached, for
  // as long as a worker holds them: what was counted never moves from one series to another.
  std::shared_ptr<TargetCounters> target(unsigned worker, const TargetKey& key);

  const Vocabulary& words() const { return words_; }

  // Of all targets that come from now on. The bound has room for an "other" of each group and zone; only a
  // group or zone that first comes when the bound is reached goes beyond it, by its "other".
  void set_max_series(std::uint64_t most);
  // The most that one has, as long as connections to it have not failed for more than `kReasons` reasons,
  // with those that are written from the start.
  std::uint64_t series_of_target() const { return 5 + buckets_->size() + 2 + 3 + kReasons; }
  static constexpr std::uint64_t kReasons = 8;  // an outage brings fewer
  static constexpr std::uint64_t kMostSeries = 200'000;
  // Targets without series of their own.
  std::size_t folded_targets() const;

  // Of this process and those before it.
  Totals totals() const;
  // The same in steps, so that the lock is never held for long: all but the targets; then, as long as it says
  // that there are more, up to `most` targets behind those that are there; then the processes before.
  Totals totals_but_targets() const;
  bool add_targets(Totals& totals, std::size_t most) const;
  void add_predecessors(Totals& totals) const;
  // Of this process alone.
  Totals own_totals() const;
  // What those before it have counted: `change` changes that.
  template <class Change>
  void change_predecessors(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(predecessors_);
  }
  // Of the listeners and of this process alone.
  std::vector<ListenerTotal> listener_totals() const;
  // Forgets what no worker has held for ten minutes, since the configuration has it no more or the target has
  // left: until then a scrape still sees the last counts.
  void forget(base::Instant now);
  static HistogramTotal total(const Histogram& histogram);

 private:
  // By what is counted, then by worker; a worker that never asked has none.
  template <class Key, class Counters>
  struct PerWorker {
    std::map<Key, std::vector<std::shared_ptr<Counters>>> counters;
    std::map<Key, base::Instant> unheld;  // those that no worker holds, and since when that is known
  };
  template <class Table>
  static void forget_in(Table& table, base::Instant now);
  bool has_series(const TargetKey& key);
  void reserve_other(const TargetKey& key);
  void reserve_others();
  std::shared_ptr<TargetCounters> folded(unsigned worker, const TargetKey& key);
  Totals summed() const;
  Totals summed_but_targets() const;

  const Vocabulary words_;
  const std::shared_ptr<const LatencyBuckets> buckets_;
  mutable std::mutex mutex_;
  PerWorker<std::string, ListenerCounters> listeners_;
  PerWorker<std::pair<std::string, std::string>, RouteCounters> routes_;
  PerWorker<std::pair<std::string, std::string>, RuleCounters> rules_;
  PerWorker<std::string, GroupCounters> groups_;
  PerWorker<TargetKey, TargetCounters> targets_;
  std::map<TargetKey, std::weak_ptr<const void>> folded_;  // while somebody counts for them
  std::set<TargetKey> reserved_;  // the "other" of each group and zone that has none yet
  std::uint64_t max_series_ = kMostSeries;
  Predecessors predecessors_;
  base::Instant predecessors_ended_ = base::kNever;  // when that was first seen
};

}  // namespace weir::observe
