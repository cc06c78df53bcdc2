#include <array>

#include "lb/observe/family.h"

namespace weir::observe {
namespace {

constexpr std::array<std::string_view, 5> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx"};

void add_traffic(Writers& writers, const Totals& totals, const BucketLabels& buckets) {
  writers.push_back(writer_of(
      Family::counter("weir_target_requests_total",
                      "Responses of targets, by class of status. One target's share of 5xx above its "
                      "neighbours' points at that target; the same everywhere points at what they share."),
      totals.targets, [](Family& family, const TargetTotal& one) {
        const auto& [group, zone, target] = one.key;
        for (std::size_t i = 0; i < kClasses.size(); ++i) {
          // 1xx comes only where it occurred; the others are there from the start, so that rates see the
          // first.
          if (i == 0 && one.requests[i] == 0) continue;
          family.add(
              {{"target_group", group}, {"zone", zone}, {"target", target}, {"code_class", kClasses[i]}},
              one.requests[i]);
        }
      }));
  writers.push_back(writer_of(
      Family::histogram("weir_target_response_seconds",
                        "From the request wholly sent to the response head. One slow target: look at it; all "
                        "slow: add targets.",
                        buckets),
      totals.targets, [](Family& family, const TargetTotal& one) {
        const auto& [group, zone, target] = one.key;
        family.add({{"target_group", group}, {"zone", zone}, {"target", target}}, one.response);
      }));
  writers.push_back(
      writer_of(Family::gauge("weir_target_outstanding_requests",
                              "Requests that a target works on now. Growing without end: it is overloaded."),
                totals.targets, [](Family& family, const TargetTotal& one) {
                  const auto& [group, zone, target] = one.key;
                  family.add({{"target_group", group}, {"zone", zone}, {"target", target}}, one.outstanding);
                }));
}

void add_target_connections(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::gauge("weir_target_connections",
                    "Connections to a target now: active carry a request, idle wait for one. No idle ones "
                    "under load: the target closes them, or keepalive.max_idle is too low."),
      totals.targets, [](Family& family, const TargetTotal& one) {
        const auto& [group, zone, target] = one.key;
        family.add({{"target_group", group}, {"zone", zone}, {"target", target}, {"state", "active"}},
                   one.active_connections);
        family.add({{"target_group", group}, {"zone", zone}, {"target", target}, {"state", "idle"}},
                   one.idle_connections);
      }));
  writers.push_back(writer_of(
      Family::counter("weir_target_connection_errors_total",
                      "Tries at a target that failed, by reason. connect_refused: nothing listens there; "
                      "connect_timeout: the network or the target's backlog; target_certificate: it is not "
                      "who tls.server_name says; target_reset, target_closed: it closes connections that are "
                      "in use; response_timeout: it is too slow."),
      totals.targets, [](Family& family, const TargetTotal& one) {
        const auto& [group, zone, target] = one.key;
        const auto add = [&](std::string_view reason, std::uint64_t count) {
          family.add({{"target_group", group}, {"zone", zone}, {"target", target}, {"reason", reason}},
                     count);
        };
        each_from_start(kConnectionErrorsFromStart, one.connection_errors, &WordTotal::word, add);
      }));
}

void add_sticky(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::counter("weir_sticky_requests_total",
                      "Requests to a sticky group, by what became of the client's session. moved: its target "
                      "was gone. expired and invalid clients begin anew; many invalid ones: the nodes have "
                      "different keys, or somebody tries cookies out."),
      totals.groups, [](Family& family, const GroupTotal& one) {
        for (const WordTotal& outcome : one.sticky) {
          family.add({{"target_group", one.target_group}, {"outcome", outcome.word}}, outcome.count);
        }
      }));
}

void add_retries(Writers& writers, const Totals& totals) {
  writers.push_back(writer_of(
      Family::counter("weir_retries_total",
                      "Requests that were sent again, by what failed before. Clients did not see these "
                      "failures; weir_target_connection_errors_total tells whose they are, of failing_status "
                      "weir_target_requests_total."),
      totals.groups, [](Family& family, const GroupTotal& one) {
        each_from_start(kRetriesFromStart, one.retries, &WordTotal::word,
                        [&](std::string_view reason, std::uint64_t count) {
                          family.add({{"target_group", one.target_group}, {"reason", reason}}, count);
                        });
      }));
  writers.push_back(writer_of(
      Family::counter("weir_retry_budget_exhausted_total",
                      "Requests that were not sent again because too many were: targets fail, and retries "
                      "would only add to it."),
      totals.groups, [](Family& family, const GroupTotal& one) {
        family.add({{"target_group", one.target_group}}, one.retry_budget_exhausted);
      }));
}

void add_queues(Writers& writers, const Totals& totals, const BucketLabels& buckets) {
  writers.push_back(writer_of(
      Family::gauge("weir_queue_length",
                    "Requests that wait because every target is at its max_requests. Growing: add targets."),
      totals.groups, [](Family& family, const GroupTotal& one) {
        family.add({{"target_group", one.target_group}}, one.queue_length);
      }));
  writers.push_back(
      writer_of(Family::histogram(
                    "weir_queue_wait_seconds",
                    "How long requests waited until their turn came. Near queue.timeout: clients are about "
                    "to get 503; add targets, or raise max_requests if they can take more.",
                    buckets),
                totals.groups, [](Family& family, const GroupTotal& one) {
                  family.add({{"target_group", one.target_group}}, one.queue_wait);
                }));
}

}  // namespace

void add_target_writers(Writers& writers, const Totals& totals, const BucketLabels& buckets) {
  add_traffic(writers, totals, buckets);
  add_target_connections(writers, totals);
  add_retries(writers, totals);
  add_sticky(writers, totals);
  add_queues(writers, totals, buckets);
}

}  // namespace weir::observe
