#include <fmt/format.h>

#include "lb/admin/table.h"
#include "lb/admin/top_frame.h"
#include "lb/admin/top_order.h"
#include "lb/admin/top_words.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

using Cell = Table::Cell;
using enum Table::Align;

using base::escape;

// Of a rate that should be 0.
Cell trouble(double of_a_second, const LiveRates& rates) {
  if (rates.seconds <= 0) return "-";
  return {short_rate(of_a_second), of_a_second > 0 ? kRed : std::string_view()};
}
Cell rate(double of_a_second, const LiveRates& rates) {
  return rates.seconds > 0 ? Cell(short_rate(of_a_second)) : Cell("-");
}

Cell bytes(double of_a_second, const LiveRates& rates) {
  return rates.seconds > 0 ? Cell(short_size(of_a_second)) : Cell("-");
}

std::string_view colour_of(const LiveTarget& target) {
  if (target.state == "healthy") return target.zone_shifted ? kYellow : kGreen;
  if (target.state == "unhealthy" || target.state == "ejected") return kRed;
  return target.state == "unused" ? std::string_view() : kYellow;
}

std::string state_of(const LiveTarget& target, double at) {
  std::string text = escape(target.state);
  if (target.until) text += " " + short_age(*target.until - at);
  if (target.zone_shifted) text += " shifted";
  return text;
}

std::string in_flight(const LiveTarget& target) {
  std::string text = fmt::to_string(target.outstanding);
  if (target.max_requests) text += fmt::format("/{}", *target.max_requests);
  return text;
}

Cell note_of(const LiveGroup& group) {
  if (!group.in_use) return "unused";
  if (!group.ready) return {"first checks", kYellow};
  if (!group.can_serve) return {"cannot serve", kRed};
  return group.fail_open ? Cell("fails open", kRed) : Cell("");
}

Cell expiry(const ListenerRates& one, double at) {
  if (!one.certificate) return "-";
  const double left = one.certificate->expires - at;
  return {short_age(left), left < kSoonExpired ? kRed : std::string_view()};
}

Table listener_table(const LiveRates& rates, const TopView& view) {
  Table table({{"LISTENER", left, 0, true},
               {"PROTO", left, 4},
               {"REQ/S", right},
               {"4XX/S", right, 5},
               {"BY WEIR/S", right},
               {"BY TARGETS/S", right},
               {"P50", right, 6},
               {"P95", right, 7},
               {"P99", right, 3},
               {"CONN", right, 2},
               {"WS", right, 8},
               {"IN/S", right, 10},
               {"OUT/S", right, 9},
               {"TLS ERR/S", right, 11},
               {"CERT", right, 12}});
  for (const ListenerRates* const one : sorted(rates.listeners, view.sort)) {
    table.add({escape(one->name), escape(protocol_label(one->protocol, one->http2)),
               rate(one->requests, rates), rate(one->responses_4xx, rates), trouble(one->own_errors, rates),
               trouble(one->target_errors, rates), short_latency(one->latencies.p50),
               short_latency(one->latencies.p95), short_latency(one->latencies.p99),
               fmt::to_string(one->connections), fmt::to_string(one->websockets),
               bytes(one->received_bytes, rates), bytes(one->sent_bytes, rates),
               trouble(one->failed_handshakes, rates), expiry(*one, rates.now.at)});
  }
  return table;
}

Table group_table(const LiveRates& rates, const TopView& view) {
  Table table({{"TARGET GROUP", left, 0, true},
               {"HEALTHY", right},
               {"NOTE", left, 1},
               {"REQ/S", right},
               {"ERR/S", right},
               {"RETRY/S", right, 8},
               {"QUEUE", right, 6},
               {"IN FLIGHT", right, 4},
               {"P50", right, 7},
               {"P95", right, 9},
               {"P99", right, 3}});
  for (const GroupRates* const one : sorted(rates.target_groups, view.sort)) {
    const LiveGroup& group = one->now;
    const bool whole = group.healthy == group.counted;
    table.add({escape(group.name),
               {fmt::format("{}/{}", group.healthy, group.counted), whole ? std::string_view() : kRed},
               note_of(group),
               rate(one->requests, rates),
               trouble(errors(*one), rates),
               rate(one->retries, rates),
               fmt::to_string(group.queue_length),
               fmt::to_string(one->outstanding),
               short_latency(one->latencies.p50),
               short_latency(one->latencies.p95),
               short_latency(one->latencies.p99)});
  }
  return table;
}

Table target_table(const LiveRates& rates, const TopView& view) {
  std::vector<TargetRates> targets;
  for (const GroupRates& group : rates.target_groups) {
    if (!view.group.empty() && group.now.name != view.group) continue;
    targets.insert(targets.end(), group.targets.begin(), group.targets.end());
  }
  Table table({{"TARGET", left, 0, true},
               {"GROUP", left, 4, true},
               {"ZONE", left, 3, true},
               {"STATE"},
               {"SINCE", right, 6},
               {"REQ/S", right},
               {"ERR/S", right},
               {"IN FLIGHT", right, 2},
               {"P50", right, 7},
               {"P95", right, 8},
               {"P99", right, 5},
               {"REASON", left, 9}});
  for (const TargetRates* const one : sorted(targets, view.sort)) {
    const LiveTarget& target = one->now;
    table.add({escape(target.id),
               escape(one->target_group),
               escape(target.zone),
               {state_of(target, rates.now.at), colour_of(target)},
               short_age(rates.now.at - target.since),
               target.counters ? rate(one->requests, rates) : "-",
               target.counters ? trouble(errors(*one), rates) : "-",
               in_flight(target),
               short_latency(one->latencies.p50),
               short_latency(one->latencies.p95),
               short_latency(one->latencies.p99),
               escape(target.reason)});
  }
  return table;
}

Table rule_table(const LiveRates& rates, const TopView& view) {
  Table table({{"RULE", left, 0, true}, {"LISTENER", left, 1, true}, {"REQ/S", right}});
  for (const RuleRates* const one : sorted(rates.rules, view.sort))
    table.add({escape(one->rule), escape(one->listener), rate(one->requests, rates)});
  return table;
}

}  // namespace

std::vector<std::string> top_tables(const LiveRates& rates, const TopView& view) {
  std::vector<std::string> lines;
  for (const Table& table : {listener_table(rates, view), group_table(rates, view), target_table(rates, view),
                             rule_table(rates, view)}) {
    if (table.empty()) continue;
    lines.emplace_back();
    for (std::string& line : table.lines(Paint(view.colour), view.columns)) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace weir::admin
