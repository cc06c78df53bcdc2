#include "lb/observe/totals_sum.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace weir::observe {

void add(HistogramTotal& sum, const HistogramTotal& more) {
  if (sum.buckets.size() < more.buckets.size()) sum.buckets.resize(more.buckets.size());
  for (std::size_t i = 0; i < more.buckets.size(); ++i) sum.buckets[i] += more.buckets[i];
  sum.sum += more.sum;
}

namespace {

constexpr std::size_t kMostWords = 4096;

// --- keys

const std::string& key(const ListenerTotal& total) { return total.listener; }
auto key(const RouteTotal& total) { return std::pair(total.listener, total.target_group); }
auto key(const RuleTotal& total) { return std::pair(total.listener, total.rule); }
const std::string& key(const GroupTotal& total) { return total.target_group; }
const TargetKey& key(const TargetTotal& total) { return total.key; }

unsigned key(const StatusTotal& total) { return total.status; }
std::string_view key(const WordTotal& total) { return total.word; }
const WordPair& key(const WordPairTotal& total) { return total.words; }

// --- sums

using observe::add;

template <std::size_t Size>
void add(std::array<std::uint64_t, Size>& sum, const std::array<std::uint64_t, Size>& more) {
  for (std::size_t i = 0; i < Size; ++i) sum[i] += more[i];
}

// Of short lists, in no certain order.
template <class Total>
void add(std::vector<Total>& sum, const std::vector<Total>& more) {
  for (const Total& one : more) {
    const auto known = std::ranges::find_if(sum, [&](const Total& other) { return key(other) == key(one); });
    if (known == sum.end()) {
      sum.push_back(one);
    } else {
      known->count += one.count;
    }
  }
}

void add_gauge(std::int64_t& sum, std::int64_t more, Gauges gauges) {
  if (gauges == Gauges::count) sum += more;
}

void add(ListenerTotal& sum, const ListenerTotal& more, Gauges gauges) {
  sum.received_bytes += more.received_bytes;
  sum.sent_bytes += more.sent_bytes;
  add_gauge(sum.connections, more.connections, gauges);
  add_gauge(sum.websockets, more.websockets, gauges);
  add(sum.connections_total, more.connections_total);
  add(sum.requests, more.requests);
  std::ranges::sort(sum.requests, {}, &StatusTotal::status);
  add(sum.errors, more.errors);
  add(sum.rejections, more.rejections);
  add(sum.desync, more.desync);
  add(sum.tls_handshakes, more.tls_handshakes);
  sum.tls_unserved_names += more.tls_unserved_names;
  sum.expects_handshakes |= more.expects_handshakes;
}

void add(RouteTotal& sum, const RouteTotal& more, Gauges) {
  add(sum.duration, more.duration);
  add(sum.grpc, more.grpc);
  add(sum.grpc_failures, more.grpc_failures);
}

void add(RuleTotal& sum, const RuleTotal& more, Gauges) {
  sum.requests += more.requests;
  add(sum.sticky, more.sticky);
}

void add(GroupTotal& sum, const GroupTotal& more, Gauges gauges) {
  add(sum.retries, more.retries);
  add(sum.sticky, more.sticky);
  sum.retry_budget_exhausted += more.retry_budget_exhausted;
  add_gauge(sum.queue_length, more.queue_length, gauges);
  add(sum.queue_wait, more.queue_wait);
}

void add(TargetTotal& sum, const TargetTotal& more, Gauges gauges) {
  add_gauge(sum.outstanding, more.outstanding, gauges);
  add_gauge(sum.active_connections, more.active_connections, gauges);
  add_gauge(sum.idle_connections, more.idle_connections, gauges);
  add(sum.requests, more.requests);
  add(sum.response, more.response);
  add(sum.connection_errors, more.connection_errors);
}

// --- sorted lists

template <class Total>
Total empty_of(const Total& like) {
  Total total{};
  if constexpr (requires { total.key; }) total.key = like.key;
  if constexpr (requires { total.listener; }) total.listener = like.listener;
  if constexpr (requires { total.target_group; }) total.target_group = like.target_group;
  if constexpr (requires { total.rule; }) total.rule = like.rule;
  return total;
}

// Of two sorted lists, every key once; `join(entry, more)` where both have it, `adopt(more)` where only
// `from` does.
template <class Total, class Join, class Adopt>
void merge(std::vector<Total>& into, const std::vector<Total>& from, Join&& join, Adopt&& adopt) {
  std::vector<Total> result;
  result.reserve(std::max(into.size(), from.size()));
  auto next = into.begin();
  for (const Total& one : from) {
    while (next != into.end() && key(*next) < key(one)) result.push_back(std::move(*next++));
    if (next != into.end() && key(*next) == key(one)) {
      join(*next, one);
      result.push_back(std::move(*next++));
    } else {
      result.push_back(adopt(one));
    }
  }
  std::move(next, into.end(), std::back_inserter(result));
  into = std::move(result);
}

template <class Total>
void add_list(std::vector<Total>& sum, const std::vector<Total>& more, Gauges gauges) {
  merge(
      sum, more, [&](Total& one, const Total& other) { add(one, other, gauges); },
      [&](const Total& other) {
        Total total = empty_of(other);
        add(total, other, gauges);
        return total;
      });
}

template <class Total>
void replace_list(std::vector<Total>& totals, const std::vector<Total>& changed) {
  merge(
      totals, changed, [](Total& one, const Total& other) { one = other; },
      [](const Total& other) { return other; });
}

template <class Total>
std::vector<Total> changed_in(const std::vector<Total>& now, const std::vector<Total>& before) {
  std::vector<Total> changed;
  auto known = before.begin();
  for (const Total& one : now) {
    while (known != before.end() && key(*known) < key(one)) ++known;
    if (known == before.end() || *known != one) changed.push_back(one);
  }
  return changed;
}

}  // namespace

void add(Totals& sum, const Totals& more, Gauges gauges) {
  if (sum.latency_bounds.empty()) sum.latency_bounds = more.latency_bounds;
  add_list(sum.listeners, more.listeners, gauges);
  add_list(sum.routes, more.routes, gauges);
  add_list(sum.rules, more.rules, gauges);
  add_list(sum.groups, more.groups, gauges);
  add_list(sum.targets, more.targets, gauges);
}

Totals changes(const Totals& now, const Totals& before) {
  return {.latency_bounds = now.latency_bounds,
          .listeners = changed_in(now.listeners, before.listeners),
          .routes = changed_in(now.routes, before.routes),
          .rules = changed_in(now.rules, before.rules),
          .groups = changed_in(now.groups, before.groups),
          .targets = changed_in(now.targets, before.targets)};
}

void rebucket(Totals& totals, const LatencyBounds& bounds) {
  const LatencyBounds from = std::exchange(totals.latency_bounds, bounds);
  if (from == bounds) return;
  const auto change = [&](HistogramTotal& total) { total.buckets = rebucketed(total.buckets, from, bounds); };
  for (RouteTotal& one : totals.routes) change(one.duration);
  for (GroupTotal& one : totals.groups) change(one.queue_wait);
  for (TargetTotal& one : totals.targets) change(one.response);
}

void replace(Totals& totals, const Totals& changed) {
  totals.latency_bounds = changed.latency_bounds;
  replace_list(totals.listeners, changed.listeners);
  replace_list(totals.routes, changed.routes);
  replace_list(totals.rules, changed.rules);
  replace_list(totals.groups, changed.groups);
  replace_list(totals.targets, changed.targets);
}

std::string_view kept_word(std::string_view word) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> words;
  const std::lock_guard lock(mutex);
  const auto known = words.find(word);
  if (known != words.end()) return *known;
  if (words.size() >= kMostWords) return "other";
  return *words.emplace(word).first;
}

}  // namespace weir::observe
