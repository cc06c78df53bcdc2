#pragma once

#include <chrono>
#include <string>

#include "lb/model/target_group.h"

// The cookie that keeps a client at one of the groups that a rule forwards to. Each rule has one of its own:
// the sessions of two rules do not get into each other's way. Whoever renames a rule begins its sessions
// anew.
namespace weir::sticky {

inline constexpr std::string_view kRuleCookiePrefix = "WEIRTG-";

// What the cookie is good for: Purpose::scope. Names have no slash, so that it is nobody else's.
std::string rule_scope(const std::string& listener, const std::string& rule);

// Its settings are lb_cookie's, with a name that is made of the scope.
model::Stickiness rule_stickiness(const std::string& listener, const std::string& rule,
                                  std::chrono::seconds ttl);

}  // namespace weir::sticky
