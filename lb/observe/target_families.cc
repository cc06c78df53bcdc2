#include <array>

#include "lb/observe/family.h"

namespace weir::observe {
namespace {

constexpr std::array<std::string_view, 5> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};

void add_traffic(Families& families, const Totals& totals) {
  Family requests = Family::counter("weir_target_requests_total",
                                    "Responses of targets, by class of status. One target's share of 5xx "
                                    "above its neighbours' points at that "
                                    "target; the same everywhere points at what they share.");
  Family response = Family::histogram("weir_target_response_seconds",
                                      "From the request wholly sent to the response head. One slow target: "
                                      "look at it; all slow: add targets.");
  Family outstanding =
      Family::gauge("weir_target_outstanding_requests",
                    "Requests that a target works on now. Growing without end: it is overloaded.");
  for (const TargetTotal& one : totals.targets) {
    const auto& [group, zone, target] = one.key;
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      // 1xx comes only where it occurred; the others are there from the start, so that rates see the first.
      if (i == 0 && one.requests[i] == 0) continue;
      requests.add({{"target_group", group}, {"zone", zone}, {"target", target}, {"code_class", kClasses[i]}},
                   one.requests[i]);
    }
    response.add({{"target_group", group}, {"zone", zone}, {"target", target}}, one.response);
    outstanding.add({{"target_group", group}, {"zone", zone}, {"target", target}}, one.outstanding);
  }
  for (Family* family : {&requests, &response, &outstanding}) family->move_to(families);
}

void add_connections(Families& families, const Totals& totals) {
  Family connections = Family::gauge("weir_target_connections",
                                     "Connections to a target now: active carry a request, idle wait for "
                                     "one. No idle ones under load: the target "
                                     "closes them, or keepalive.max_idle is too low.");
  Family errors = Family::counter("weir_target_connection_errors_total",
                                  "Connections to a target that failed, by reason. refused: nothing listens "
                                  "there; timeout: the network or the "
                                  "target's backlog; reset: it closes connections that are in use.");
  for (const TargetTotal& one : totals.targets) {
    const auto& [group, zone, target] = one.key;
    connections.add({{"target_group", group}, {"zone", zone}, {"target", target}, {"state", "active"}},
                    one.active_connections);
    connections.add({{"target_group", group}, {"zone", zone}, {"target", target}, {"state", "idle"}},
                    one.idle_connections);
    for (const WordTotal& error : one.connection_errors) {
      errors.add({{"target_group", group}, {"zone", zone}, {"target", target}, {"reason", error.word}},
                 error.count);
    }
  }
  for (Family* family : {&connections, &errors}) family->move_to(families);
}

void add_sticky(Families& families, const Totals& totals) {
  Family sticky = Family::counter(
      "weir_sticky_requests_total",
      "Requests to a sticky group, by what became of the client's session. moved: its target was gone. "
      "expired "
      "and invalid clients begin anew; many invalid ones: the nodes have different keys, or somebody tries "
      "cookies out.");
  for (const GroupTotal& one : totals.groups) {
    for (const WordTotal& outcome : one.sticky) {
      sticky.add({{"target_group", one.target_group}, {"outcome", outcome.word}}, outcome.count);
    }
  }
  sticky.move_to(families);
}

void add_retries(Families& families, const Totals& totals) {
  Family retries = Family::counter(
      "weir_retries_total",
      "Requests that were sent again, by what failed before. Clients did not see these failures; "
      "weir_target_connection_errors_total tells whose they are.");
  for (const GroupTotal& one : totals.groups) {
    for (const WordTotal& retry : one.retries) {
      retries.add({{"target_group", one.target_group}, {"reason", retry.word}}, retry.count);
    }
  }
  retries.move_to(families);
  Family exhausted =
      Family::counter("weir_retry_budget_exhausted_total",
                      "Requests that were not sent again because too many were: targets fail, and "
                      "retries would only add to it.");
  for (const GroupTotal& one : totals.groups)
    exhausted.add({{"target_group", one.target_group}}, one.retry_budget_exhausted);
  exhausted.move_to(families);
}

void add_queues(Families& families, const Totals& totals) {
  Family length =
      Family::gauge("weir_queue_length",
                    "Requests that wait because every target is at its max_requests. Growing: add "
                    "targets.");
  Family wait =
      Family::histogram("weir_queue_wait_seconds", "How long requests waited until their turn came.");
  for (const GroupTotal& one : totals.groups) {
    length.add({{"target_group", one.target_group}}, one.queue_length);
    wait.add({{"target_group", one.target_group}}, one.queue_wait);
  }
  length.move_to(families);
  wait.move_to(families);
}

}  // namespace

void add_target_families(Families& families, const Totals& totals) {
  add_traffic(families, totals);
  add_connections(families, totals);
  add_retries(families, totals);
  add_sticky(families, totals);
  add_queues(families, totals);
}

}  // namespace weir::observe
