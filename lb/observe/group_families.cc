#include <map>

#include "lb/observe/family.h"

namespace weir::observe {
namespace {

void add_states(Writers& writers, const GroupFacts& facts, const std::vector<Member>& members) {
  writers.push_back(writer_of(
      Family::gauge("weir_target_health",
                    "1 for the state that a target is in, 0 for the others. weir targets tells why."),
      members, [](Family& family, const Member& one) {
        for (std::size_t state = 0; state < kTargetStates.size(); ++state) {
          family.add({{"target_group", one.group->name},
                      {"zone", one.target->zone},
                      {"target", one.target->target},
                      {"state", kTargetStates[state]}},
                     state == one.target->state ? 1 : 0);
        }
      }));
  writers.push_back(writer_of(
      Family::gauge("weir_target_group_targets",
                    "Targets of a group by state. healthy falling in one zone only: look at the zone; in "
                    "all: look at what "
                    "they share, or at the health check."),
      facts.groups, [](Family& family, const GroupFact& group) {
        std::map<std::string_view, std::array<std::uint64_t, kTargetStates.size()>> zones;
        for (const TargetFact& target : group.targets) ++zones[target.zone][target.state];
        for (const auto& [zone, counts] : zones) {
          for (std::size_t state = 0; state < kTargetStates.size(); ++state) {
            family.add({{"target_group", group.name}, {"zone", zone}, {"state", kTargetStates[state]}},
                       counts[state]);
          }
        }
      }));
}

void add_weights(Writers& writers, const std::vector<Member>& members) {
  writers.push_back(writer_of(
      Family::gauge("weir_target_weight",
                    "The weight that a target has now: its share of the group's requests is this by the sum "
                    "of all. 0: it gets none."),
      members, [](Family& family, const Member& one) {
        family.add(
            {{"target_group", one.group->name}, {"zone", one.target->zone}, {"target", one.target->target}},
            one.target->weight);
      }));
  writers.push_back(writer_of(
      Family::counter("weir_target_ejections_total",
                      "How often a target was taken out for what its traffic looked like. One target again "
                      "and again: look at it; many at once: look at what they share."),
      members, [](Family& family, const Member& one) {
        for (std::size_t reason = 0; reason < kEjectionReasons.size(); ++reason) {
          family.add({{"target_group", one.group->name},
                      {"zone", one.target->zone},
                      {"target", one.target->target},
                      {"reason", kEjectionReasons[reason]}},
                     one.target->ejections[reason]);
        }
      }));
}

void add_sessions(Writers& writers, const std::vector<Member>& members) {
  writers.push_back(writer_of(
      Family::gauge("weir_target_sticky_sessions",
                    "Distinct sessions that came to a draining target in the last five minutes, about (3 %). "
                    "Its drain ends early when this is 0 and nothing is in flight."),
      members, [](Family& family, const Member& one) {
        if (!one.target->sessions) return;
        family.add(
            {{"target_group", one.group->name}, {"zone", one.target->zone}, {"target", one.target->target}},
            *one.target->sessions);
      }));
}

void add_checks(Writers& writers, const GroupFacts& facts, const std::vector<Member>& members,
                const BucketLabels& buckets) {
  writers.push_back(writer_of(
      Family::counter(
          "weir_health_checks_total",
          "Probes of a target by result. fail without the target being unhealthy: single failures between "
          "passes; weir targets has the last ones with what they saw."),
      members, [](Family& family, const Member& one) {
        const auto add = [&](std::string_view result, std::uint64_t count) {
          family.add({{"target_group", one.group->name}, {"target", one.target->target}, {"result", result}},
                     count);
        };
        add("pass", one.target->checks_passed);
        add("fail", one.target->checks_failed);
      }));
  writers.push_back(writer_of(
      Family::histogram("weir_health_check_duration_seconds",
                        "How long probes take, until their verdict. Near health_check.timeout: targets are "
                        "about to be taken for unhealthy.",
                        buckets),
      facts.groups, [](Family& family, const GroupFact& group) {
        family.add({{"target_group", group.name}}, group.check_durations);
      }));
}

void add_dns(Writers& writers, const GroupFacts& facts) {
  writers.push_back(writer_of(
      Family::counter("weir_dns_refreshes_total",
                      "Questions for the addresses of a DNS name by result. nxdomain, empty and failed leave "
                      "the targets as they are; truncated: it has more addresses than become targets; "
                      "partial: a host of its SRV records has none."),
      facts.groups, [](Family& family, const GroupFact& group) {
        for (const DnsFact& dns : group.dns) {
          for (std::size_t result = 0; result < kDnsResults.size(); ++result) {
            family.add({{"target_group", group.name}, {"name", dns.name}, {"result", kDnsResults[result]}},
                       dns.refreshes[result]);
          }
        }
      }));
}

void add_events(Writers& writers, const GroupFacts& facts) {
  writers.push_back(
      {Family::counter("weir_events_total",
                       "Events of the daemon by kind. Each is a line of its log with event=KIND, "
                       "and weir events shows them as they come: many of one kind say where to "
                       "look."),
       kEventKinds.size(), [&facts](Family& family, std::size_t kind) {
         family.add({{"kind", kEventKinds[kind]}}, facts.events[kind]);
       }});
}

}  // namespace

std::vector<Member> members_of(const GroupFacts& facts) {
  std::vector<Member> members;
  for (const GroupFact& group : facts.groups) {
    for (const TargetFact& target : group.targets) members.push_back({&group, &target});
  }
  return members;
}

void add_group_writers(Writers& writers, const GroupFacts& facts, const std::vector<Member>& members,
                       const BucketLabels& buckets) {
  add_states(writers, facts, members);
  add_weights(writers, members);
  add_sessions(writers, members);
  add_checks(writers, facts, members, buckets);
  add_dns(writers, facts);
  add_events(writers, facts);
  writers.push_back(writer_of(
      Family::gauge("weir_target_group_fail_open",
                    "1: too few targets are healthy, and all get requests (or none, with refuse). Mend "
                    "targets, or the health check if they do serve."),
      facts.groups, [](Family& family, const GroupFact& group) {
        family.add({{"target_group", group.name}}, group.fail_open ? 1 : 0);
      }));
  writers.push_back({Family::gauge("weir_zone_shifted",
                                   "1 for each zone that is shifted away: it gets no requests. weir zone "
                                   "unshift ends it before its time."),
                     1, [&facts](Family& family, std::size_t) {
                       for (const auto& [zone, is] : facts.zone_shifted)
                         family.add({{"zone", zone}}, is ? 1 : 0);
                     }});
}

}  // namespace weir::observe
