#include "lb/admin/live_rates.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace weir::admin {
namespace {

using Buckets = std::vector<std::uint64_t>;

std::uint64_t gained(std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; }

// Adds what came to the buckets.
void add_gained(Buckets& to, const Buckets& now, const Buckets& before) {
  if (to.size() < now.size()) to.resize(now.size());
  for (std::size_t i = 0; i < now.size(); ++i) to[i] += gained(now[i], i < before.size() ? before[i] : 0);
}

// Finds the earlier one of a kind by its name; what is new began from nothing.
template <class Value>
class Earlier {
 public:
  template <class Key>
  Earlier(const std::vector<Value>& values, Key key) {
    for (const Value& value : values) by_key_.emplace(key(value), &value);
  }
  const Value& operator[](const std::string& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nothing_ : *found->second;
  }

 private:
  std::unordered_map<std::string, const Value*> by_key_;
  const Value nothing_{};
};

std::string rule_key(const LiveRule& rule) { return rule.listener + "\n" + rule.rule; }
std::string route_key(const LiveRoute& route) { return route.listener + "\n" + route.target_group; }
std::string target_key(const LiveTarget& target) { return target.id; }
constexpr auto kName = [](const auto& one) { return one.name; };

std::uint64_t sum(const std::vector<std::uint64_t>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}

class Difference {
 public:
  Difference(const LiveDocument& before, const LiveDocument& now)
      : before_(before), now_(now), seconds_(now.clock > before.clock ? now.clock - before.clock : 0) {}

  LiveRates rates() const {
    LiveRates rates{
        .now = now_, .seconds = seconds_, .all = {}, .listeners = {}, .rules = {}, .target_groups = {}};
    rates.now.listeners.clear();
    rates.now.rules.clear();
    rates.now.routes.clear();
    rates.now.target_groups.clear();
    add_listeners(rates);
    const Earlier<LiveRule> rules(before_.rules, rule_key);
    for (const LiveRule& rule : now_.rules)
      rates.rules.push_back({rule.listener, rule.rule, rate(rule.requests, rules[rule_key(rule)].requests)});
    const Earlier<LiveGroup> groups(before_.target_groups, kName);
    for (const LiveGroup& group : now_.target_groups)
      rates.target_groups.push_back(group_rates(group, groups[group.name]));
    return rates;
  }

 private:
  double rate(std::uint64_t now, std::uint64_t before) const {
    return seconds_ > 0 ? static_cast<double>(gained(now, before)) / seconds_ : 0;
  }

  Latencies latencies(const Buckets& gained_buckets) const {
    if (seconds_ <= 0) return {};
    const auto at = [&](double part) { return percentile(gained_buckets, now_.bounds_seconds, part); };
    return {at(0.5), at(0.95), at(0.99)};
  }

  void add_listeners(LiveRates& rates) const {
    const Earlier<LiveListener> listeners(before_.listeners, kName);
    const Earlier<LiveRoute> routes(before_.routes, route_key);
    Buckets all;
    for (const LiveListener& listener : now_.listeners) {
      LiveListener before = listeners[listener.name];
      before.responses.resize(listener.responses.size());
      Buckets its;
      LiveGrpcFailures failures;
      for (const LiveRoute& route : now_.routes) {
        if (route.listener != listener.name) continue;
        const LiveRoute& earlier = routes[route_key(route)];
        add_gained(its, route.buckets, earlier.buckets);
        failures.by_target += gained(route.grpc_failures.by_target, earlier.grpc_failures.by_target);
        failures.by_weir += gained(route.grpc_failures.by_weir, earlier.grpc_failures.by_weir);
      }
      ListenerRates one = listener_rates(listener, before, failures);
      one.latencies = latencies(its);
      add_gained(all, its, {});
      add(rates.all, one);
      rates.listeners.push_back(std::move(one));
    }
    rates.all.latencies = latencies(all);
  }

  ListenerRates listener_rates(const LiveListener& now, const LiveListener& before,
                               const LiveGrpcFailures& failures) const {
    const std::uint64_t all_5xx = gained(now.responses.back(), before.responses.back());
    const std::uint64_t own_5xx = gained(now.own_5xx, before.own_5xx);
    return {.name = now.name,
            .protocol = now.protocol,
            .http2 = now.http2,
            .certificate = now.certificate,
            .requests = rate(sum(now.responses), sum(before.responses)),
            .responses_4xx = rate(now.responses[3], before.responses[3]),
            .own_errors = rate(own_5xx, 0),
            .target_errors = rate(all_5xx + failures.by_weir, own_5xx) + rate(failures.by_target, 0),
            .latencies = {},
            .connections = now.connections,
            .websockets = now.websockets,
            .received_bytes = rate(now.received_bytes, before.received_bytes),
            .sent_bytes = rate(now.sent_bytes, before.sent_bytes),
            .failed_handshakes = rate(now.failed_handshakes, before.failed_handshakes)};
  }

  static void add(ListenerRates& to, const ListenerRates& one) {
    to.requests += one.requests;
    to.responses_4xx += one.responses_4xx;
    to.own_errors += one.own_errors;
    to.target_errors += one.target_errors;
    to.connections += one.connections;
    to.websockets += one.websockets;
    to.received_bytes += one.received_bytes;
    to.sent_bytes += one.sent_bytes;
    to.failed_handshakes += one.failed_handshakes;
  }

  GroupRates group_rates(const LiveGroup& group, const LiveGroup& before) const {
    GroupRates rates{.now = group, .latencies = {}, .targets = {}};
    rates.now.targets.clear();
    rates.now.other = {};
    rates.retries = rate(group.retries, before.retries);
    const Earlier<LiveTarget> targets(before.targets, target_key);
    LiveCounters all = gained_since(group.other, before.other);
    for (const LiveTarget& target : group.targets) {
      const LiveCounters nothing;
      const LiveCounters its =
          gained_since(target.counters.value_or(nothing), targets[target.id].counters.value_or(nothing));
      add(all, its);
      rates.targets.push_back({.target_group = group.name,
                               .now = target,
                               .requests = rate(its.requests, 0),
                               .responses_5xx = rate(its.responses_5xx, 0),
                               .connection_errors = rate(its.connection_errors, 0),
                               .latencies = latencies(its.buckets)});
      rates.outstanding += target.outstanding;
    }
    rates.requests = rate(all.requests, 0);
    rates.responses_5xx = rate(all.responses_5xx, 0);
    rates.connection_errors = rate(all.connection_errors, 0);
    rates.latencies = latencies(all.buckets);
    return rates;
  }

  static LiveCounters gained_since(const LiveCounters& now, const LiveCounters& before) {
    LiveCounters result{.requests = gained(now.requests, before.requests),
                        .responses_5xx = gained(now.responses_5xx, before.responses_5xx),
                        .connection_errors = gained(now.connection_errors, before.connection_errors)};
    add_gained(result.buckets, now.buckets, before.buckets);
    return result;
  }

  static void add(LiveCounters& to, const LiveCounters& one) {
    to.requests += one.requests;
    to.responses_5xx += one.responses_5xx;
    to.connection_errors += one.connection_errors;
    add_gained(to.buckets, one.buckets, {});
  }

  const LiveDocument& before_;
  const LiveDocument& now_;
  const double seconds_;
};

}  // namespace

LiveRates live_rates(const LiveDocument& before, const LiveDocument& now) {
  const bool same = before.pid == now.pid && before.started == now.started;
  return Difference(same ? before : now, now).rates();
}

std::optional<Latency> percentile(const std::vector<std::uint64_t>& buckets,
                                  const std::vector<double>& bounds, double part) {
  const std::uint64_t total = sum(buckets);
  if (total == 0 || bounds.empty()) return std::nullopt;
  double left = static_cast<double>(total) * part;
  for (std::size_t i = 0; i < std::min(buckets.size(), bounds.size()); ++i) {
    const auto inside = static_cast<double>(buckets[i]);
    if (inside > 0 && inside >= left) {
      const double from = i == 0 ? 0 : bounds[i - 1];
      return Latency{from + (bounds[i] - from) * (left / inside)};
    }
    left -= inside;
  }
  return Latency{bounds.back(), true};
}

}  // namespace weir::admin
