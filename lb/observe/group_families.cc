#include <map>

#include "lb/observe/family.h"

namespace weir::observe {
namespace {

void add_states(Families& families, const GroupFacts& facts) {
  Family health = Family::gauge(
      "weir_target_health", "1 for the state that a target is in, 0 for the others. weir targets tells why.");
  Family targets =
      Family::gauge("weir_target_group_targets",
                    "Targets of a group by state. healthy falling in one zone only: look at the zone.");
  for (const GroupFact& group : facts.groups) {
    std::map<std::string_view, std::array<std::uint64_t, kTargetStates.size()>> zones;
    for (const TargetFact& target : group.targets) {
      ++zones[target.zone][target.state];
      for (std::size_t state = 0; state < kTargetStates.size(); ++state) {
        health.add({{"target_group", group.name},
                    {"zone", target.zone},
                    {"target", target.target},
                    {"state", kTargetStates[state]}},
                   state == target.state ? 1 : 0);
      }
    }
    for (const auto& [zone, counts] : zones) {
      for (std::size_t state = 0; state < kTargetStates.size(); ++state) {
        targets.add({{"target_group", group.name}, {"zone", zone}, {"state", kTargetStates[state]}},
                    counts[state]);
      }
    }
  }
  health.move_to(families);
  targets.move_to(families);
}

void add_weights(Families& families, const GroupFacts& facts) {
  Family weight =
      Family::gauge("weir_target_weight",
                    "The weight that a target has now: its share of the group's requests is this by the "
                    "sum of all. 0: it gets none.");
  Family ejections =
      Family::counter("weir_target_ejections_total",
                      "How often a target was taken out for what its traffic looked like. One "
                      "target again and again: look at it; many at once: look at what they share.");
  for (const GroupFact& group : facts.groups) {
    for (const TargetFact& target : group.targets) {
      weight.add({{"target_group", group.name}, {"zone", target.zone}, {"target", target.target}},
                 target.weight);
      for (std::size_t reason = 0; reason < kEjectionReasons.size(); ++reason) {
        ejections.add({{"target_group", group.name},
                       {"zone", target.zone},
                       {"target", target.target},
                       {"reason", kEjectionReasons[reason]}},
                      target.ejections[reason]);
      }
    }
  }
  weight.move_to(families);
  ejections.move_to(families);
}

void add_sessions(Families& families, const GroupFacts& facts) {
  Family sessions = Family::gauge("weir_target_sticky_sessions",
                                  "Distinct sessions that came to a draining target in the last five "
                                  "minutes, about (3 %). Its drain ends "
                                  "early when this is 0 and nothing is in flight.");
  for (const GroupFact& group : facts.groups) {
    for (const TargetFact& target : group.targets) {
      if (!target.sessions) continue;
      sessions.add({{"target_group", group.name}, {"zone", target.zone}, {"target", target.target}},
                   *target.sessions);
    }
  }
  sessions.move_to(families);
}

void add_checks(Families& families, const GroupFacts& facts) {
  Family checks =
      Family::counter("weir_health_checks_total",
                      "Probes of a target by result. fail without the target being unhealthy: single "
                      "failures between passes.");
  Family duration = Family::histogram("weir_health_check_duration_seconds",
                                      "How long probes take, until their verdict. Near health_check.timeout: "
                                      "targets are about to be taken for unhealthy.");
  for (const GroupFact& group : facts.groups) {
    for (const TargetFact& target : group.targets) {
      checks.add({{"target_group", group.name}, {"target", target.target}, {"result", "pass"}},
                 target.checks_passed);
      checks.add({{"target_group", group.name}, {"target", target.target}, {"result", "fail"}},
                 target.checks_failed);
    }
    duration.add({{"target_group", group.name}}, group.check_durations);
  }
  checks.move_to(families);
  duration.move_to(families);
}

void add_dns(Families& families, const GroupFacts& facts) {
  Family refreshes = Family::counter(
      "weir_dns_refreshes_total",
      "Questions for the addresses of a DNS name by result. nxdomain, empty and failed leave "
      "the targets as they are; truncated: it has more addresses than become targets; partial: a "
      "host of its SRV records has none.");
  for (const GroupFact& group : facts.groups) {
    for (const DnsFact& dns : group.dns) {
      for (std::size_t result = 0; result < kDnsResults.size(); ++result) {
        refreshes.add({{"target_group", group.name}, {"name", dns.name}, {"result", kDnsResults[result]}},
                      dns.refreshes[result]);
      }
    }
  }
  refreshes.move_to(families);
}

void add_events(Families& families, const GroupFacts& facts) {
  Family events = Family::counter(
      "weir_events_total",
      "Events of the daemon by kind. Each is a line of its log with event=KIND, and weir events shows them "
      "as they come: many of one kind say where to look.");
  for (std::size_t kind = 0; kind < kEventKinds.size(); ++kind) {
    events.add({{"kind", kEventKinds[kind]}}, facts.events[kind]);
  }
  events.move_to(families);
}

}  // namespace

void add_group_families(Families& families, const GroupFacts& facts) {
  add_states(families, facts);
  add_weights(families, facts);
  add_sessions(families, facts);
  add_checks(families, facts);
  add_dns(families, facts);
  add_events(families, facts);
  Family open = Family::gauge("weir_target_group_fail_open",
                              "1: too few targets are healthy, and all get requests (or none, with refuse).");
  for (const GroupFact& group : facts.groups)
    open.add({{"target_group", group.name}}, group.fail_open ? 1 : 0);
  open.move_to(families);
  Family shifted =
      Family::gauge("weir_zone_shifted", "1 for each zone that is shifted away: it gets no requests.");
  for (const auto& [zone, is] : facts.zone_shifted) shifted.add({{"zone", zone}}, is ? 1 : 0);
  shifted.move_to(families);
}

}  // namespace weir::observe
