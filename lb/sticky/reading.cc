#include "lb/sticky/reading.h"

#include "lb/http/cookies.h"

namespace weir::sticky {

using Standing = Reading::Standing;

Standing standing(std::int64_t issued, std::int64_t now, std::chrono::seconds ttl) {
  if (issued < 0 || issued > now + kSkew.count()) return Standing::invalid;
  return now - issued < ttl.count() ? Standing::valid : Standing::expired;
}

Reading read_cookies(Sealer& sealer, const model::Stickiness& settings, const SetCookie& names,
                     std::string_view scope, const http::FieldList& request, std::int64_t now) {
  Reading reading;
  if (!request.has(http::FieldId::cookie)) return reading;
  const Purpose purpose{.cookie = names.name(), .scope = scope};
  bool opened = false;
  int tries = 0;
  const auto look = [&](std::string_view value) {
    if (++tries > kMostTries) return false;
    const auto ticket = sealer.open(purpose, value);
    opened = ticket.has_value();
    if (opened) reading.ticket = *ticket;
    reading.standing = opened ? standing(ticket->issued, now, settings.ttl) : Standing::invalid;
    return !opened;
  };
  http::for_each_cookie(request, names.name(), look);
  if (!opened && names.has_twin()) http::for_each_cookie(request, names.twin_name(), look);
  if (settings.type == model::Stickiness::Type::app_cookie) {
    reading.app_cookie = http::has_cookie(request, settings.app_cookie);
  }
  return reading;
}

}  // namespace weir::sticky
