#include <fmt/format.h>

#include "lb/observe/family.h"

namespace weir::observe {
namespace {

void add_requests(Families& families, const Totals& totals) {
  Family requests = Family::counter(
      "weir_requests_total",
      "Requests answered, by the status that the client was sent; 460 is a client that went away first. "
      "weir_target_requests_total tells what the targets answered: a 5xx only here is weir's own.");
  Family errors = Family::counter("weir_request_errors_total",
                                  "Requests that weir answered itself or cut, by reason. Look the reason up "
                                  "in the access log, which has the "
                                  "target and the times.");
  for (const ListenerTotal& one : totals.listeners) {
    for (const StatusTotal& status : one.requests) {
      requests.add({{"listener", one.listener}, {"code", fmt::to_string(status.status)}}, status.count);
    }
    for (const WordTotal& error : one.errors) {
      errors.add({{"listener", one.listener}, {"reason", error.word}}, error.count);
    }
  }
  Family duration = Family::histogram("weir_request_duration_seconds",
                                      "From the first byte of a request to the last of its response. If it "
                                      "grows and weir_target_response_seconds "
                                      "does not, clients are slow or bodies are large.");
  for (const RouteTotal& one : totals.routes) {
    if (one.target_group.empty() && one.duration.count() == 0) continue;
    duration.add({{"listener", one.listener}, {"target_group", one.target_group}}, one.duration);
  }
  for (Family* family : {&requests, &errors, &duration}) family->move_to(families);
}

void add_connections(Families& families, const Totals& totals) {
  Family connections = Family::gauge("weir_connections",
                                     "Client connections now. Near process.max_connections or "
                                     "limits.connections, new clients wait or are refused: "
                                     "raise the limit.");
  Family opened = Family::counter(
      "weir_connections_total",
      "Client connections accepted, by protocol. If it grows as fast as the requests, clients do not keep "
      "connections alive.");
  Family rejected = Family::counter("weir_connections_rejected_total",
                                    "Client connections closed before a request was read, by reason: raise "
                                    "the limit that it names, or look for "
                                    "the clients that use it up.");
  Family websockets =
      Family::gauge("weir_websockets",
                    "Upgraded connections (tunnels) now. They hold up a graceful stop until it cuts them.");
  for (const ListenerTotal& one : totals.listeners) {
    connections.add({{"listener", one.listener}}, one.connections);
    websockets.add({{"listener", one.listener}}, one.websockets);
    for (std::size_t i = 0; i < one.connections_total.size(); ++i) {
      if (one.connections_total[i] == 0) continue;
      opened.add({{"listener", one.listener}, {"protocol", kClientProtocolWords[i]}},
                 one.connections_total[i]);
    }
    for (const WordTotal& rejection : one.rejections) {
      rejected.add({{"listener", one.listener}, {"reason", rejection.word}}, rejection.count);
    }
  }
  for (Family* family : {&connections, &opened, &rejected, &websockets}) family->move_to(families);
}

void add_rules(Families& families, const Totals& totals) {
  Family rules = Family::counter("weir_rule_requests_total",
                                 "Requests by the rule that decided about them; default: no rule matched. "
                                 "`weir explain` says why.");
  for (const RuleTotal& one : totals.rules)
    rules.add({{"listener", one.listener}, {"rule", one.rule}}, one.requests);
  rules.move_to(families);
  Family sticky = Family::counter(
      "weir_sticky_rule_requests_total",
      "Requests that met a rule which keeps clients at one of its target groups, by what became of the "
      "client's session.");
  for (const RuleTotal& one : totals.rules) {
    for (const WordTotal& outcome : one.sticky) {
      sticky.add({{"listener", one.listener}, {"rule", one.rule}, {"outcome", outcome.word}}, outcome.count);
    }
  }
  sticky.move_to(families);
}

void add_bytes(Families& families, const Totals& totals) {
  Family received =
      Family::counter("weir_received_bytes_total",
                      "Bytes that came from clients, heads included. Compare with the network's limit.");
  Family sent =
      Family::counter("weir_sent_bytes_total",
                      "Bytes that went to clients, heads included. Compare with the network's limit.");
  Family desync = Family::counter("weir_desync_requests_total",
                                  "Requests that servers could read in different ways, by class and ALB's "
                                  "reason. Find the clients in the access "
                                  "log (classification) before making desync_mode stricter.");
  for (const ListenerTotal& one : totals.listeners) {
    received.add({{"listener", one.listener}}, one.received_bytes);
    sent.add({{"listener", one.listener}}, one.sent_bytes);
    for (const DesyncTotal& total : one.desync) {
      desync.add({{"listener", one.listener}, {"class", total.desync_class}, {"reason", total.reason}},
                 total.count);
    }
  }
  for (Family* family : {&received, &sent, &desync}) family->move_to(families);
}

}  // namespace

void add_listener_families(Families& families, const Totals& totals) {
  add_requests(families, totals);
  add_rules(families, totals);
  add_connections(families, totals);
  add_bytes(families, totals);
}

}  // namespace weir::observe
