#include "lb/admin/live_text.h"

#include <algorithm>
#include <map>

#include "lb/admin/json_line.h"
#include "lb/admin/status_counters.h"
#include "lb/admin/timestamp.h"
#include "lb/wire/failure.h"

namespace weir::admin {
namespace {

constexpr std::array<std::string_view, 19> kTargetColumns = {
    "id",          "address",  "zone",         "owner",    "state",         "reason",
    "detail",      "since",    "until",        "weight",   "part",          "max_requests",
    "outstanding", "sessions", "zone_shifted", "requests", "responses_5xx", "connection_errors",
    "buckets"};
constexpr std::size_t kCounterColumns = 4;  // of these the last

double in_seconds(base::Duration time) { return std::chrono::duration<double>(time).count(); }
double in_seconds(base::WallTime time) {
  return in_seconds(std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch());
}

template <class Value>
void put_or_null(JsonLine& to, const std::optional<Value>& value) {
  value ? to.value(*value) : to.null();
}

void put_buckets(JsonLine& to, const std::vector<std::uint64_t>& buckets) {
  std::size_t size = buckets.size();
  while (size > 0 && buckets[size - 1] == 0) --size;
  to.open('[');
  for (std::size_t i = 0; i < size; ++i) to.value(buckets[i]);
  to.close(']');
}

void put_words(JsonLine& to, const std::vector<observe::WordTotal>& words) {
  to.open('{');
  for (const observe::WordTotal& one : words) to.member(one.word, one.count);
  to.close('}');
}

void put_handshakes(JsonLine& to, const observe::ListenerTotal& total) {
  const Handshakes sum = handshakes(total);
  to.open('{');
  to.member("full", sum.full);
  to.member("resumed", sum.resumed);
  to.member("failed", sum.failed);
  to.close('}');
}

// `next`: the certificate that expires first; null: there is none.
void put_introduction(JsonLine& to, const BoundListener& bound, const observe::ListenerTotal& total,
                      const ServedCertificate* next) {
  to.member("protocol", word(bound.protocol));
  to.member("http2", bound.http2);
  to.member("proxy_protocol", bound.proxy_protocol);
  to.key("client_auth");
  bound.client_auth ? to.value(word(*bound.client_auth)) : to.null();
  to.key("handshakes");
  bound.protocol == model::Protocol::https ? put_handshakes(to, total) : to.null();
  to.key("certificate");
  if (next == nullptr) return to.null();
  to.open('{');
  to.member("subject", next->subject);
  to.member("expires", next->not_after.time_since_epoch().count());
  to.close('}');
}

void put_listener(JsonLine& to, const BoundListener& bound, const observe::ListenerTotal& total,
                  const ServedCertificate* next) {
  to.open('{');
  to.member("name", bound.name);
  put_introduction(to, bound, total, next);
  to.key("binds");
  to.open('[');
  for (const base::SocketAddress& address : bound.binds) to.value(address.to_string());
  to.close(']');
  to.key("responses");
  to.open('[');
  for (unsigned status = 100; status < 600; status += 100) to.value(total.count_between(status, status + 99));
  to.close(']');
  to.key("errors");
  put_words(to, total.errors);
  std::uint64_t own = 0;
  for (const observe::WordTotal& one : total.errors) own += wire::is_server_error(one.word) ? one.count : 0;
  to.member("own_5xx", own);
  to.member("connections", total.connections);
  to.member("websockets", total.websockets);
  to.member("received_bytes", total.received_bytes);
  to.member("sent_bytes", total.sent_bytes);
  to.close('}');
}

// The last columns of a target; null: it counts together with others.
void put_counters(JsonLine& to, const observe::TargetTotal* total) {
  if (total == nullptr) {
    for (std::size_t i = 0; i < kCounterColumns; ++i) to.null();
    return;
  }
  to.value(total->request_count());
  to.value(total->requests[4]);
  to.value(total->connection_error_count());
  put_buckets(to, total->response.buckets);
}

void put_target(JsonLine& to, const TargetStatus& target, const observe::TargetTotal* total) {
  to.open('[');
  to.value(target.id);
  to.value(target.address);
  to.value(target.zone);
  to.value(target.owner);
  to.value(target.state);
  to.value(target.reason);
  to.value(target.detail);
  to.value(in_seconds(target.since));
  target.until ? to.value(in_seconds(*target.until)) : to.null();
  to.value(target.weight);
  to.value(target.effective_weight);
  put_or_null(to, target.max_requests);
  to.value(target.outstanding);
  put_or_null(to, target.sessions);
  to.value(target.zone_shifted);
  put_counters(to, total);
  to.close(']');
}

void put_others(JsonLine& to, const std::optional<OtherCounts>& others) {
  to.key("other");
  if (!others) return to.null();
  to.open('{');
  to.member("requests", others->requests);
  to.member("responses_5xx", others->responses_5xx);
  to.member("connection_errors", others->connection_errors);
  to.key("buckets");
  put_buckets(to, others->buckets);
  to.close('}');
}

void put_group(JsonLine& to, const GroupStatus& group, const observe::Totals& totals) {
  const auto total = std::ranges::find(totals.groups, group.name, &observe::GroupTotal::target_group);
  to.open('{');
  to.member("name", group.name);
  to.member("algorithm", group.algorithm);
  to.member("in_use", group.in_use);
  to.member("ready", group.ready);
  to.member("can_serve", group.can_serve);
  to.member("fail_open", group.fail_open);
  to.member("healthy", group.healthy);
  to.member("counted", group.counted);
  to.member("queue_length", total == totals.groups.end() ? 0 : total->queue_length);
  to.key("retries");
  put_words(to, total == totals.groups.end() ? std::vector<observe::WordTotal>() : total->retries);
  to.key("names");
  to.open('[');
  for (const NameStatus& name : group.names) {
    to.open('{');
    to.member("name", name.name);
    to.member("result", name.result);
    to.member("reason", name.reason);
    to.close('}');
  }
  to.close(']');
  to.key("targets");
  to.open('[');
  const StatusCounters counters(totals, group.name);
  for (const TargetStatus& target : group.targets) put_target(to, target, counters.find(target));
  to.close(']');
  put_others(to, counters.others());
  to.close('}');
}

void put_daemon(JsonLine& to, const LiveFacts& facts) {
  to.member("at", in_seconds(facts.at.wall));
  to.member("clock", in_seconds(facts.at.now.time_since_epoch()));
  to.member("version", facts.build.version);
  to.member("pid", facts.pid);
  to.member("started", in_seconds(facts.started));
  to.member("workers", facts.workers);
  to.key("config");
  to.open('{');
  to.member("file", facts.config_file);
  to.member("hash", facts.config_hash);
  to.member("loaded", in_seconds(facts.config_loaded));
  to.member("last_reload_succeeded", facts.last_reload_succeeded);
  to.close('}');
}

// As they are asked; behind them those that are gone, but have counted.
std::vector<const observe::RuleTotal*> rules_in_order(const std::vector<observe::RuleTotal>& rules,
                                                      const model::Snapshot& snapshot) {
  using Key = std::pair<std::string_view, std::string_view>;
  std::map<Key, std::size_t> places;
  for (const model::Listener& listener : snapshot.listeners) {
    for (const model::Rule& rule : listener.rules)
      places.try_emplace({listener.name, rule.name}, places.size());
    places.try_emplace({listener.name, "default"}, places.size());
  }
  std::vector<const observe::RuleTotal*> result;
  result.reserve(rules.size());
  for (const observe::RuleTotal& rule : rules) result.push_back(&rule);
  std::ranges::sort(result, {}, [&](const observe::RuleTotal* rule) {
    const auto place = places.find(Key(rule->listener, rule->rule));
    return std::pair(place == places.end() ? places.size() : place->second, rule);
  });
  return result;
}

void put_listeners(JsonLine& to, const LiveFacts& facts, const observe::Totals& totals) {
  to.key("listeners");
  to.open('[');
  for (const BoundListener& bound : facts.listeners) {
    const observe::ListenerTotal* const total = totals.find_listener(bound.name);
    const auto next = std::ranges::find(facts.certificates, bound.name, &ServedCertificate::listener);
    put_listener(to, bound, total == nullptr ? observe::ListenerTotal{} : *total,
                 next == facts.certificates.end() ? nullptr : &*next);
  }
  to.close(']');
  to.key("rules");
  to.open('[');
  for (const observe::RuleTotal* const rule : rules_in_order(totals.rules, *facts.snapshot)) {
    to.open('[');
    to.value(rule->listener);
    to.value(rule->rule);
    to.value(rule->requests);
    to.close(']');
  }
  to.close(']');
  to.key("routes");
  to.open('[');
  for (const observe::RouteTotal& route : totals.routes) {
    to.open('[');
    to.value(route.listener);
    to.value(route.target_group);
    put_buckets(to, route.duration.buckets);
    put_words(to, route.grpc_failures);
    to.close(']');
  }
  to.close(']');
}

void put_shifts(JsonLine& to, const std::vector<ZoneShift>& shifts) {
  to.key("zone_shifts");
  to.open('[');
  for (const ZoneShift& shift : shifts) {
    to.open('{');
    to.member("zone", shift.zone);
    to.member("reason", shift.reason);
    to.member("since", in_seconds(shift.since));
    to.member("until", in_seconds(shift.until));
    to.close('}');
  }
  to.close(']');
}

void put_legend(JsonLine& to, const observe::LatencyBounds& latency_bounds) {
  to.key("bounds_seconds");
  to.open('[');
  for (const std::uint64_t bound : latency_bounds) {
    to.value(in_seconds(std::chrono::nanoseconds(bound)));
  }
  to.close(']');
  to.key("target_columns");
  to.open('[');
  for (const std::string_view column : kTargetColumns) to.value(column);
  to.close(']');
}

}  // namespace

LiveFacts live_facts(const State& state, const LiveMoment& at) {
  return {.at = at,
          .build = state.build,
          .pid = state.pid,
          .workers = state.workers,
          .started = state.started,
          .config_file = state.config_file,
          .config_hash = state.config_hash,
          .config_loaded = state.config_loaded,
          .last_reload_succeeded = state.last_reload_succeeded,
          .listeners = state.listeners,
          .certificates = first_to_expire(state.certificates),
          .groups = state.operations->groups(0),
          .shifts = state.operations->shifts(),
          .snapshot = state.snapshot,
          .registry = state.registry};
}

std::string live_text(const LiveFacts& facts) {
  const observe::Totals totals = facts.registry->totals();
  JsonLine to;
  to.open('{');
  put_daemon(to, facts);
  put_legend(to, totals.latency_bounds);
  put_listeners(to, facts, totals);
  put_shifts(to, facts.shifts);
  to.key("target_groups");
  to.open('[');
  for (const GroupStatus& group : facts.groups) put_group(to, group, totals);
  to.close(']');
  to.close('}');
  return to.take();
}

}  // namespace weir::admin
