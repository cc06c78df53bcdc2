#include "lb/sticky/decision.h"

#include <utility>

namespace weir::sticky {
namespace {

using Settings = model::Stickiness;
using Standing = Reading::Standing;

bool is_due(const Settings& settings, const Ticket& ticket, std::int64_t now) {
  return settings.renew == Settings::Renew::always || 2 * (now - ticket.issued) >= settings.ttl.count();
}

}  // namespace

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::kept: return "kept";
    case Outcome::fresh: return "new";
    case Outcome::moved: return "moved";
    case Outcome::expired: return "expired";
    case Outcome::invalid: return "invalid";
  }
  std::unreachable();
}

bool is_fit(Fitness fitness) { return fitness == Fitness::usable || fitness == Fitness::draining; }

bool is_bound(const Settings& settings, const Reading& reading) {
  return reading.standing == Standing::valid &&
         (settings.type == Settings::Type::lb_cookie || reading.app_cookie);
}

Decision decide(const Settings& settings, const Reading& reading, Fitness fitness) {
  if (is_bound(settings, reading)) {
    const bool fit = is_fit(fitness);
    return {fit, fit ? Outcome::kept : Outcome::moved};
  }
  switch (reading.standing) {
    case Standing::invalid: return {false, Outcome::invalid};
    case Standing::expired: return {false, Outcome::expired};
    case Standing::none:
    case Standing::valid: break;  // without the application's cookie
  }
  return {false, Outcome::fresh};
}

Outcome answered(const Decision& decision, bool by_named_target) {
  if (decision.outcome == Outcome::kept && !by_named_target) return Outcome::moved;
  return decision.outcome;
}

std::optional<Issue> issue(const Settings& settings, const Reading& reading, Outcome outcome,
                           bool sets_app_cookie, std::int64_t now) {
  switch (outcome) {
    case Outcome::kept:
      if (!is_due(settings, reading.ticket, now)) return std::nullopt;
      return Issue{now, reading.ticket.session};
    case Outcome::moved: return Issue{now, reading.ticket.session};
    case Outcome::fresh:
    case Outcome::expired:
    case Outcome::invalid: break;
  }
  if (settings.type == Settings::Type::app_cookie && !sets_app_cookie) return std::nullopt;
  return Issue{now, std::nullopt};
}

}  // namespace weir::sticky
