#include "lb/explain/sticky_trace.h"

#include <algorithm>

#include "lb/http/cookies.h"
#include "lb/sticky/decision.h"
#include "lb/sticky/reading.h"
#include "lb/sticky/rule_cookie.h"

namespace weir::explain {
namespace {

using sticky::Fitness;
using Standing = sticky::Reading::Standing;

std::string_view word(Fitness fitness) {
  switch (fitness) {
    case Fitness::usable: return "usable";
    case Fitness::draining: return "draining";
    case Fitness::unhealthy: return "unhealthy";
    case Fitness::ejected: return "ejected";
    case Fitness::full: return "at its max_requests";
    case Fitness::elsewhere: return "in a zone that is not used";
    case Fitness::gone: break;
  }
  return "no longer there";
}

Fitness fitness_of(const TargetTrace& target) {
  if (!target.excluded) return Fitness::usable;
  const std::string& why = target.excluded->reason;
  if (why == "draining") return Fitness::draining;
  if (why == "ejected") return Fitness::ejected;
  if (why == "max_requests") return Fitness::full;
  if (why == "other_zone" || why == "zone_shifted") return Fitness::elsewhere;
  if (why == "weight_0") return Fitness::usable;  // no new clients; those that it has stay
  return Fitness::unhealthy;
}

// As the control thread has said, where it has.
Fitness fitness_of(std::string_view id, const KnownGroup& known, const GroupTrace& trace) {
  const auto found = std::ranges::find(trace.targets, id, &TargetTrace::id);
  if (found == trace.targets.end()) return Fitness::gone;
  if (!known.view.bindings) return fitness_of(*found);
  const auto& members = *known.view.members;
  for (std::size_t slot = 0; slot < members.size() && slot < known.view.bindings->size(); ++slot) {
    if (members[slot] && members[slot]->settings.id == id) {
      return members[slot]->state->load.full() ? Fitness::full : (*known.view.bindings)[slot];
    }
  }
  return Fitness::gone;
}

// Why the first cookie of this name does not open.
std::string refusal(sticky::Sealer& sealer, const sticky::Purpose& purpose, const http::FieldList& request,
                    std::string_view name) {
  std::string why;
  http::for_each_cookie(request, name, [&](std::string_view value) {
    const auto ticket = sealer.open(purpose, value);
    why = ticket ? "issued in the future" : std::string(word(ticket.error()));
    return false;
  });
  return why;
}

std::string reason_of(const sticky::Reading& reading, sticky::Outcome outcome, Fitness fitness) {
  switch (outcome) {
    case sticky::Outcome::kept: return "";
    case sticky::Outcome::moved: return "what it names is " + std::string(word(fitness));
    case sticky::Outcome::expired: return "it is older than the ttl";
    case sticky::Outcome::fresh:
      return reading.standing == Standing::valid ? "the application's cookie is not there" : "";
    case sticky::Outcome::invalid: break;
  }
  return "";
}

// `fitness` is asked for what the ticket names.
template <class Ask>
StickyTrace trace_cookie(const CookieReader& reader, const model::Stickiness& settings, std::string scope,
                         Ask&& fitness) {
  StickyTrace trace{.kind = {}, .cookie = settings.name, .scope = std::move(scope), .outcome = "unknown"};
  trace.ttl = settings.ttl;
  if (!reader.keys) {
    trace.reason = "cookies cannot be opened: " + reader.keys_error;
    return trace;
  }
  sticky::Sealer sealer(reader.keys);
  const sticky::SetCookie names(settings);
  const auto reading = sticky::read_cookies(sealer, settings, names, trace.scope, reader.request, reader.now);
  const bool opened = reading.standing == Standing::valid || reading.standing == Standing::expired;
  const Fitness fit = opened ? fitness(reading.ticket) : Fitness::gone;
  if (opened) {
    trace.age = std::chrono::seconds(reader.now - reading.ticket.issued);
    trace.target_group = reading.ticket.group;
    trace.target = reading.ticket.target;
    trace.zone = reading.ticket.zone;
  }
  const sticky::Outcome outcome = decide(settings, reading, fit).outcome;
  trace.outcome = word(outcome);
  trace.reason = outcome == sticky::Outcome::invalid
                     ? refusal(sealer, {names.name(), trace.scope}, reader.request, names.name())
                     : reason_of(reading, outcome, fit);
  return trace;
}

}  // namespace

StickyTrace trace_group_cookie(const CookieReader& reader, const model::TargetGroup& group,
                               const KnownGroup& known, const GroupTrace& trace) {
  StickyTrace result = trace_cookie(reader, *group.stickiness, group.name, [&](const sticky::Ticket& ticket) {
    return fitness_of(ticket.target, known, trace);
  });
  result.kind = "target_group";
  return result;
}

StickyTrace trace_rule_cookie(const CookieReader& reader, const std::string& listener,
                              const std::string& rule, const model::ForwardAction& action) {
  const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(*action.stickiness);
  StickyTrace result = trace_cookie(
      reader, sticky::rule_stickiness(listener, rule, ttl), sticky::rule_scope(listener, rule),
      [&](const sticky::Ticket& ticket) {
        const bool named = std::ranges::any_of(
            action.groups, [&](const auto& group) { return group.target_group == ticket.group; });
        return named ? Fitness::usable : Fitness::gone;
      });
  result.kind = "rule";
  return result;
}

}  // namespace weir::explain
