#include <fmt/format.h>

#include <span>

#include "lb/observe/family.h"

namespace weir::observe {
namespace {

// Why requests fail. "none" is no reason, and of "malformed" the problem is the reason.
std::vector<std::string_view> reasons_in(WordCounters::Words words) {
  std::vector<std::string_view> reasons;
  for (const std::string_view word : words) {
    if (word != "none" && word != "malformed") reasons.push_back(word);
  }
  return reasons;
}

void add_requests(Writers& writers, const Totals& totals, const Vocabulary& words,
                  const BucketLabels& buckets) {
  writers.push_back(writer_of(
      Family::counter(
          "weir_requests_total",
          "Requests answered, by the status that the client was sent; 460 is a client that went away first. "
          "weir_target_requests_total tells what the targets answered: a 5xx only here is weir's own."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        each_from_start(kStatusesFromStart, one.requests, &StatusTotal::status,
                        [&](unsigned status, std::uint64_t count) {
                          family.add({{"listener", one.listener}, {"code", fmt::to_string(status)}}, count);
                        });
      }));
  writers.push_back(writer_of(
      Family::counter(
          "weir_request_errors_total",
          "Requests that weir answered itself or cut, by reason. Look the reason up in the access "
          "log, which has the target and the times."),
      totals.listeners, [reasons = reasons_in(words.errors)](Family& family, const ListenerTotal& one) {
        each_from_start(reasons, one.errors, &WordTotal::word,
                        [&](std::string_view reason, std::uint64_t count) {
                          family.add({{"listener", one.listener}, {"reason", reason}}, count);
                        });
      }));
  writers.push_back(writer_of(
      Family::histogram("weir_request_duration_seconds",
                        "From the first byte of a request to the last of its response. If it grows and "
                        "weir_target_response_seconds does not, clients are slow or bodies are large.",
                        buckets),
      totals.routes, [](Family& family, const RouteTotal& one) {
        if (one.target_group.empty() && one.duration.count() == 0) return;
        family.add({{"listener", one.listener}, {"target_group", one.target_group}}, one.duration);
      }));
}

// Nothing of routes that no call has taken.
void add_grpc(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::counter(
          "weir_grpc_requests_total",
          "gRPC calls by the status that the client saw, and by who brought it about: the target, weir (see "
          "weir_request_errors_total for the reason) or the client, which went away. weir_requests_total has "
          "them, too: with 200, whatever became of them."),
      totals.routes, [](Family& family, const RouteTotal& one) {
        if (one.grpc.empty()) return;
        each_from_start(kGrpcEndsFromStart, one.grpc, &WordPairTotal::words,
                        [&](const WordPair& words, std::uint64_t count) {
                          family.add({{"listener", one.listener},
                                      {"target_group", one.target_group},
                                      {"grpc_status", words.first},
                                      {"ended_by", words.second}},
                                     count);
                        });
      }));
  writers.push_back(writer_of(
      Family::counter(
          "weir_grpc_failures_total",
          "gRPC calls that failed with no 5xx of HTTP, by who failed them: weir, or a target with UNKNOWN, "
          "DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE or DATA_LOSS. Add them to the 5xx of "
          "weir_requests_total for all requests that failed; weir_grpc_requests_total has the status."),
      totals.routes, [](Family& family, const RouteTotal& one) {
        if (one.grpc.empty()) return;
        each_from_start(
            kGrpcFailuresFromStart, one.grpc_failures, &WordTotal::word,
            [&](std::string_view by, std::uint64_t count) {
              family.add({{"listener", one.listener}, {"target_group", one.target_group}, {"ended_by", by}},
                         count);
            });
      }));
}

void add_rules(Writers& writers, const Totals& totals) {
  writers.push_back(
      writer_of(Family::counter(
                    "weir_rule_requests_total",
                    "Requests by the rule that decided about them; default: no rule matched. `weir explain` "
                    "says why."),
                totals.rules, [](Family& family, const RuleTotal& one) {
                  family.add({{"listener", one.listener}, {"rule", one.rule}}, one.requests);
                }));
  writers.push_back(
      writer_of(Family::counter(
                    "weir_sticky_rule_requests_total",
                    "Requests that met a rule which keeps clients at one of its target groups, by what "
                    "became of the client's session. Many moved: the rule has lost a group, or its weight."),
                totals.rules, [](Family& family, const RuleTotal& one) {
                  for (const WordTotal& outcome : one.sticky) {
                    family.add({{"listener", one.listener}, {"rule", one.rule}, {"outcome", outcome.word}},
                               outcome.count);
                  }
                }));
}

void add_client_connections(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::gauge("weir_connections",
                    "Client connections now. Near process.max_connections or limits.connections, new clients "
                    "wait or are refused: raise the limit."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        family.add({{"listener", one.listener}}, one.connections);
      }));
  writers.push_back(writer_of(
      Family::counter("weir_connections_total",
                      "Client connections by the protocol that was agreed on. If it grows as fast as the "
                      "requests, clients do not keep connections alive."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        for (std::size_t i = 0; i < one.connections_total.size(); ++i) {
          if (one.connections_total[i] == 0) continue;
          family.add({{"listener", one.listener}, {"protocol", kClientProtocolWords[i]}},
                     one.connections_total[i]);
        }
      }));
  writers.push_back(writer_of(
      Family::counter(
          "weir_connections_rejected_total",
          "Client connections that weir closed, by reason: raise the limit that it names, or look for the "
          "clients that use it up; proxy_header: what is in front of this listener does not speak the PROXY "
          "protocol; http2_error: a client breaks the rules of HTTP/2, http2_flood: or sends far too many "
          "frames that cost it nothing, whatever was answered before; the log says which."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        each_from_start(kRejectionWords, one.rejections, &WordTotal::word,
                        [&](std::string_view reason, std::uint64_t count) {
                          family.add({{"listener", one.listener}, {"reason", reason}}, count);
                        });
      }));
  writers.push_back(writer_of(
      Family::gauge(
          "weir_websockets",
          "Upgraded connections (tunnels) now. They hold up a graceful stop until it cuts them; an upgrade "
          "(SIGUSR2) leaves them to the old process."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        family.add({{"listener", one.listener}}, one.websockets);
      }));
}

// Nothing of a listener without TLS.
void add_handshakes(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::counter(
          "weir_tls_handshakes_total",
          "TLS handshakes with clients by result and version. full growing as fast as the "
          "connections: clients resume nothing, look at tls.ticket_keys_file if there are several "
          "nodes; any other result names why clients do not get in."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        const std::size_t from_start = one.expects_handshakes ? kHandshakesFromStart.size() : 0;
        each_from_start(
            std::span(kHandshakesFromStart).first(from_start), one.tls_handshakes, &WordPairTotal::words,
            [&](const WordPair& words, std::uint64_t count) {
              family.add({{"listener", one.listener}, {"result", words.first}, {"version", words.second}},
                         count);
            });
      }));
}

void add_unserved_names(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::counter(
          "weir_tls_unserved_names_total",
          "TLS handshakes of clients that asked for a name which no certificate has, and were shown "
          "the default one: add the name to tls.certificates, or somebody looks around."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        if (one.expects_handshakes || one.tls_unserved_names != 0)
          family.add({{"listener", one.listener}}, one.tls_unserved_names);
      }));
}

void add_bytes(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::counter("weir_received_bytes_total",
                      "Bytes that came from clients, heads included. Compare with the network's limit."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        family.add({{"listener", one.listener}}, one.received_bytes);
      }));
  writers.push_back(writer_of(
      Family::counter("weir_sent_bytes_total",
                      "Bytes that went to clients, heads included. Compare with the network's limit."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        family.add({{"listener", one.listener}}, one.sent_bytes);
      }));
  writers.push_back(writer_of(
      Family::counter("weir_desync_requests_total",
                      "Requests that servers could read in different ways, by class and ALB's reason. Find "
                      "the clients in the access log (classification) before making desync_mode stricter."),
      totals.listeners, [](Family& family, const ListenerTotal& one) {
        for (const auto& [words, count] : one.desync) {
          family.add({{"listener", one.listener}, {"class", words.first}, {"reason", words.second}}, count);
        }
      }));
}

}  // namespace

void add_listener_writers(Writers& writers, const Totals& totals, const Vocabulary& words,
                          const BucketLabels& buckets) {
  add_requests(writers, totals, words, buckets);
  add_grpc(writers, totals);
  add_rules(writers, totals);
  add_client_connections(writers, totals);
  add_handshakes(writers, totals);
  add_unserved_names(writers, totals);
  add_bytes(writers, totals);
}

}  // namespace weir::observe
