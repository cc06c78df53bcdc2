#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/model/target_group.h"
#include "lb/sticky/reading.h"

// The life of a session, as ALB has it:
//
//   new --------> kept (renewed with each response, or at half of the ttl) --ttl--> expired --> new
//                  | ^
//    its target    v |  and stays with the other one, whether the first comes back or not
//    is lost      moved
//
// With app_cookie a session begins when the target sets the application's cookie, and lasts while the request
// has both cookies. The same for a group among several of a rule: its settings are lb_cookie's.
namespace weir::sticky {

// For weir_sticky_requests_total.
enum class Outcome : std::uint8_t { kept, fresh, moved, expired, invalid };
inline constexpr std::size_t kOutcomes = 5;
std::string_view word(Outcome outcome);  // of `fresh`: "new"

// What the group says of the target that a ticket names.
enum class Fitness : std::uint8_t {
  usable,    // also where all targets get traffic because too few are healthy
  draining,  // and its deadline has not come: who is bound to it stays
  unhealthy,
  ejected,
  full,       // at its max_requests
  elsewhere,  // in a zone that this node may not use: cross_zone off, or the zone is shifted away
  gone,       // no member, or its drain is over
};
bool is_fit(Fitness fitness);

// Whether the request belongs to a session, so that its target must be looked for.
bool is_bound(const model::Stickiness& settings, const Reading& reading);

struct Decision {
  bool use = false;  // the ticket's target; otherwise one is picked as without stickiness
  Outcome outcome = Outcome::fresh;
  bool operator==(const Decision&) const = default;
};

// `fitness` counts only if is_bound().
Decision decide(const model::Stickiness& settings, const Reading& reading, Fitness fitness);

// Once a target has answered, which need not be the one that was to be used: another try may have reached
// another target.
Outcome answered(const Decision& decision, bool by_named_target);

// What the cookie says that goes with a response, besides who answered.
struct Issue {
  std::int64_t issued = 0;
  std::optional<std::uint64_t> session;  // absent: a new one
  bool operator==(const Issue&) const = default;
};

// Absent: no cookie is set. Only for responses of targets. `sets_app_cookie`: the response sets the
// application's cookie.
std::optional<Issue> issue(const model::Stickiness& settings, const Reading& reading, Outcome outcome,
                           bool sets_app_cookie, std::int64_t now);

}  // namespace weir::sticky
