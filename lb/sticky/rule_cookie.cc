#include "lb/sticky/rule_cookie.h"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::sticky {

std::string rule_scope(const std::string& listener, const std::string& rule) { return listener + "/" + rule; }

model::Stickiness rule_stickiness(const std::string& listener, const std::string& rule,
                                  std::chrono::seconds ttl) {
  const std::string scope = rule_scope(listener, rule);
  model::Stickiness settings;
  settings.name = fmt::format("{}{:08x}", kRuleCookiePrefix,
                              static_cast<std::uint32_t>(XXH3_64bits(scope.data(), scope.size())));
  settings.ttl = ttl;
  return settings;
}

}  // namespace weir::sticky
