#include "lb/observe/registry.h"

#include <algorithm>
#include <utility>

#include "lb/model/target_id.h"

namespace weir::observe {
namespace {

constexpr base::Duration kKept = std::chrono::minutes(10);

// What a target without series of its own counts in.
TargetKey other_of(const TargetKey& key) {
  return {key.target_group, key.zone, std::string(model::kFoldedTargets)};
}

// The counters of `worker` in `table[key]`, made by `make` if this is the first time that it asks.
template <class Table, class Key, class Make>
auto find_or_make(Table& table, const Key& key, unsigned worker, Make&& make) {
  auto& workers = table.counters[key];
  if (workers.size() <= worker) workers.resize(worker + 1);
  if (!workers[worker]) workers[worker] = make();
  return workers[worker];
}

template <class Workers, class Each>
void for_each_worker(const Workers& workers, Each&& each) {
  for (const auto& counters : workers) {
    if (counters) each(*counters);
  }
}

void add_to(HistogramTotal& total, const Histogram& histogram) {
  total.buckets.resize(histogram.buckets().size());
  for (std::size_t i = 0; i < total.buckets.size(); ++i) total.buckets[i] += histogram.in_bucket(i);
  total.sum += histogram.sum();
}

void add_to(std::vector<std::uint64_t>& sums, const std::vector<std::uint64_t>& values) {
  if (sums.size() < values.size()) sums.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sums[i] += values[i];
}

std::string_view word_of(WordCounters::Words words, std::size_t index) {
  return index < words.size() ? words[index] : std::string_view("other");
}

std::vector<WordTotal> with_words(const std::vector<std::uint64_t>& sums, WordCounters::Words words) {
  std::vector<WordTotal> result;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i] != 0) result.push_back({word_of(words, i), sums[i]});
  }
  return result;
}

std::vector<WordPairTotal> with_words(const std::vector<std::uint64_t>& sums, WordCounters::Words first,
                                      WordCounters::Words second) {
  const std::size_t columns = second.size() + 1;
  std::vector<WordPairTotal> result;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i] == 0) continue;
    result.push_back({{word_of(first, i / columns), word_of(second, i % columns)}, sums[i]});
  }
  return result;
}

template <class Workers>
ListenerTotal listener_total(const std::string& listener, const Workers& workers, const Vocabulary& words) {
  ListenerTotal total;
  total.listener = listener;
  std::vector<std::uint64_t> errors, rejections, desync, handshakes, statuses(StatusCounters::kLast + 1);
  for_each_worker(workers, [&](const ListenerCounters& one) {
    total.received_bytes += one.received_bytes.value();
    total.sent_bytes += one.sent_bytes.value();
    total.connections += one.connections.value();
    total.websockets += one.websockets.value();
    for (std::size_t i = 0; i < one.connections_total.size(); ++i) {
      total.connections_total[i] += one.connections_total[i].value();
    }
    for (unsigned status = StatusCounters::kFirst; status <= StatusCounters::kLast; ++status) {
      statuses[status] += one.requests.of(status);
    }
    add_to(errors, one.errors.values());
    add_to(rejections, one.rejections.values());
    add_to(desync, one.desync.values());
    add_to(handshakes, one.tls_handshakes.values());
    total.tls_unserved_names += one.tls_unserved_names.value();
    total.expects_handshakes |= one.expects_handshakes();
  });
  for (unsigned status = StatusCounters::kFirst; status <= StatusCounters::kLast; ++status) {
    if (statuses[status] != 0) total.requests.push_back({status, statuses[status]});
  }
  total.errors = with_words(errors, words.errors);
  total.rejections = with_words(rejections, kRejectionWords);
  total.desync = with_words(desync, words.desync_classes, words.desync_reasons);
  total.tls_handshakes = with_words(handshakes, words.tls_results, words.tls_versions);
  return total;
}

template <class Workers>
TargetTotal target_total(const TargetKey& key, const Workers& workers, const Vocabulary& words) {
  TargetTotal total;
  total.key = key;
  std::vector<std::uint64_t> errors;
  for_each_worker(workers, [&](const TargetCounters& one) {
    total.outstanding += one.outstanding.value();
    total.active_connections += one.active_connections.value();
    total.idle_connections += one.idle_connections.value();
    for (std::size_t i = 0; i < one.requests.size(); ++i) total.requests[i] += one.requests[i].value();
    add_to(total.response, one.response);
    add_to(errors, one.connection_errors.values());
  });
  total.connection_errors = with_words(errors, words.connection_errors);
  return total;
}

}  // namespace

std::shared_ptr<ListenerCounters> Registry::listener(unsigned worker, const std::string& listener) {
  const std::lock_guard lock(mutex_);
  return find_or_make(listeners_, listener, worker,
                      [&] { return std::make_shared<ListenerCounters>(words_); });
}

std::shared_ptr<RouteCounters> Registry::route(unsigned worker, const std::string& listener,
                                               const std::string& target_group) {
  const std::lock_guard lock(mutex_);
  return find_or_make(routes_, std::pair(listener, target_group), worker,
                      [&] { return std::make_shared<RouteCounters>(words_, buckets_); });
}

std::shared_ptr<RuleCounters> Registry::rule(unsigned worker, const std::string& listener,
                                             const std::string& rule) {
  const std::lock_guard lock(mutex_);
  return find_or_make(rules_, std::pair(listener, rule), worker,
                      [&] { return std::make_shared<RuleCounters>(words_); });
}

std::shared_ptr<GroupCounters> Registry::group(unsigned worker, const std::string& target_group) {
  const std::lock_guard lock(mutex_);
  return find_or_make(groups_, target_group, worker,
                      [&] { return std::make_shared<GroupCounters>(words_, buckets_); });
}

std::shared_ptr<TargetCounters> Registry::target(unsigned worker, const TargetKey& key) {
  const std::lock_guard lock(mutex_);
  if (!has_series(key)) return folded(worker, key);
  return find_or_make(targets_, key, worker,
                      [&] { return std::make_shared<TargetCounters>(words_, buckets_); });
}

bool Registry::has_series(const TargetKey& key) {
  if (targets_.counters.contains(key)) return true;
  const auto folded = folded_.find(key);
  if (folded != folded_.end() && !folded->second.expired()) return false;
  reserve_other(key);
  return (targets_.counters.size() + reserved_.size() + 1) * series_of_target() <= max_series_;
}

void Registry::reserve_other(const TargetKey& key) {
  TargetKey other = other_of(key);
  if (!targets_.counters.contains(other)) reserved_.insert(std::move(other));
}

// Anew, of the targets that are left.
void Registry::reserve_others() {
  reserved_.clear();
  const TargetKey* last = nullptr;
  for (const auto& [key, workers] : targets_.counters) {
    const bool same_place =
        last != nullptr && last->target_group == key.target_group && last->zone == key.zone;
    if (!same_place) reserve_other(key);
    last = &key;
  }
}

std::shared_ptr<TargetCounters> Registry::folded(unsigned worker, const TargetKey& key) {
  const TargetKey other = other_of(key);
  reserved_.erase(other);
  struct Held {
    std::shared_ptr<const void> target;  // the same for all workers
    std::shared_ptr<TargetCounters> counters;
  };
  auto& known = folded_[key];
  std::shared_ptr<const void> target = known.lock();
  if (!target) known = target = std::make_shared<const TargetKey>(key);
  auto held = std::make_shared<Held>(std::move(target), find_or_make(targets_, other, worker, [&] {
                                       return std::make_shared<TargetCounters>(words_, buckets_);
                                     }));
  TargetCounters* const counters = held->counters.get();
  return {std::move(held), counters};
}

void Registry::set_max_series(std::uint64_t most) {
  const std::lock_guard lock(mutex_);
  max_series_ = most;
}

std::size_t Registry::folded_targets() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(folded_, [](const auto& one) { return !one.second.expired(); }));
}

HistogramTotal Registry::total(const Histogram& histogram) {
  HistogramTotal total;
  add_to(total, histogram);
  return total;
}

template <class Table>
void Registry::forget_in(Table& table, base::Instant now) {
  for (auto at = table.counters.begin(); at != table.counters.end();) {
    const bool held =
        std::ranges::any_of(at->second, [](const auto& counters) { return counters.use_count() > 1; });
    const auto since = table.unheld.find(at->first);
    if (held) {
      if (since != table.unheld.end()) table.unheld.erase(since);
    } else if (since == table.unheld.end()) {
      table.unheld.emplace(at->first, now);
    } else if (now - since->second >= kKept) {
      table.unheld.erase(since);
      at = table.counters.erase(at);
      continue;
    }
    ++at;
  }
}

void Registry::forget(base::Instant now) {
  const std::lock_guard lock(mutex_);
  forget_in(listeners_, now);
  forget_in(routes_, now);
  forget_in(rules_, now);
  forget_in(groups_, now);
  forget_in(targets_, now);
  reserve_others();
  std::erase_if(folded_, [](const auto& one) { return one.second.expired(); });
  if (predecessors_.empty() || !predecessors_.running().empty()) {
    predecessors_ended_ = base::kNever;
  } else if (predecessors_ended_ == base::kNever) {
    predecessors_ended_ = now;
  } else if (now - predecessors_ended_ >= kKept) {
    predecessors_.forget_past(summed());
  }
}

std::vector<ListenerTotal> Registry::listener_totals() const {
  const std::lock_guard lock(mutex_);
  std::vector<ListenerTotal> totals;
  for (const auto& [name, workers] : listeners_.counters) {
    totals.push_back(listener_total(name, workers, words_));
  }
  return totals;
}

Totals Registry::totals() const {
  const std::lock_guard lock(mutex_);
  Totals totals = summed();
  predecessors_.add_to(totals);
  return totals;
}

Totals Registry::totals_but_targets() const {
  const std::lock_guard lock(mutex_);
  return summed_but_targets();
}

bool Registry::add_targets(Totals& totals, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  auto at = totals.targets.empty() ? targets_.counters.begin()
                                   : targets_.counters.upper_bound(totals.targets.back().key);
  for (; at != targets_.counters.end() && most > 0; ++at, --most) {
    totals.targets.push_back(target_total(at->first, at->second, words_));
  }
  return at != targets_.counters.end();
}

void Registry::add_predecessors(Totals& totals) const {
  const std::lock_guard lock(mutex_);
  predecessors_.add_to(totals);
}

Totals Registry::own_totals() const {
  const std::lock_guard lock(mutex_);
  return summed();
}

Totals Registry::summed() const {
  Totals totals = summed_but_targets();
  for (const auto& [key, workers] : targets_.counters)
    totals.targets.push_back(target_total(key, workers, words_));
  return totals;
}

Totals Registry::summed_but_targets() const {
  Totals totals;
  totals.latency_bounds = buckets_->bounds();
  for (const auto& [name, workers] : listeners_.counters)
    totals.listeners.push_back(listener_total(name, workers, words_));
  for (const auto& [key, workers] : routes_.counters) {
    RouteTotal& total = totals.routes.emplace_back(RouteTotal{key.first, key.second, {}});
    std::vector<std::uint64_t> grpc, grpc_failures;
    for_each_worker(workers, [&](const RouteCounters& one) {
      add_to(total.duration, one.duration);
      add_to(grpc, one.grpc.values());
      add_to(grpc_failures, one.grpc_failures.values());
    });
    total.grpc = with_words(grpc, words_.grpc_statuses, words_.grpc_enders);
    total.grpc_failures = with_words(grpc_failures, words_.grpc_enders);
  }
  for (const auto& [key, workers] : rules_.counters) {
    RuleTotal& total = totals.rules.emplace_back(RuleTotal{key.first, key.second});
    std::vector<std::uint64_t> sticky;
    for_each_worker(workers, [&](const RuleCounters& one) {
      total.requests += one.requests.value();
      add_to(sticky, one.sticky.values());
    });
    total.sticky = with_words(sticky, words_.sticky_outcomes);
  }
  for (const auto& [name, workers] : groups_.counters) {
    std::vector<std::uint64_t> retries, sticky;
    GroupTotal& total =
        totals.groups.emplace_back(GroupTotal{.target_group = name, .retries = {}, .queue_wait = {}});
    for_each_worker(workers, [&](const GroupCounters& one) {
      add_to(retries, one.retries.values());
      add_to(sticky, one.sticky.values());
      total.queue_length += one.queue_length.value();
      add_to(total.queue_wait, one.queue_wait);
      total.retry_budget_exhausted += one.retry_budget_exhausted.value();
    });
    total.retries = with_words(retries, words_.retries);
    total.sticky = with_words(sticky, words_.sticky_outcomes);
  }
  return totals;
}

}  // namespace weir::observe
