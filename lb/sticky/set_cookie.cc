#include "lb/sticky/set_cookie.h"

#include <fmt/format.h>

namespace weir::sticky {
namespace {

using Settings = model::Stickiness;

std::string_view text(Settings::SameSite same_site) {
  switch (same_site) {
    case Settings::SameSite::lax: return "Lax";
    case Settings::SameSite::strict: return "Strict";
    case Settings::SameSite::none: break;
  }
  return "None";
}

// Browsers refuse SameSite=None without Secure.
std::string rest(const Settings& settings, Settings::SameSite same_site, bool secure) {
  return fmt::format("; Max-Age={}; Path=/; HttpOnly; SameSite={}{}", settings.ttl.count(), text(same_site),
                     secure || same_site == Settings::SameSite::none ? "; Secure" : "");
}

bool is_secure(const Settings& settings, bool by_tls) {
  return settings.secure == Settings::Secure::automatic ? by_tls : settings.secure == Settings::Secure::on;
}

}  // namespace

SetCookie::SetCookie(const model::Stickiness& settings)
    : name_(settings.name + "="),
      twin_name_(settings.name + "CORS="),
      rest_by_tls_(rest(settings, settings.same_site, is_secure(settings, true))),
      rest_in_clear_(rest(settings, settings.same_site, is_secure(settings, false))),
      twin_rest_(rest(settings, Settings::SameSite::none, true)),
      twin_(settings.cors_twin),
      views_{std::string_view(name_).substr(0, name_.size() - 1),
             std::string_view(twin_name_).substr(0, twin_name_.size() - 1)} {}

void SetCookie::add_to(http::FieldList& response, std::string_view value, bool by_tls) const {
  add(response, name_, value, by_tls ? rest_by_tls_ : rest_in_clear_);
  if (twin_) add(response, twin_name_, value, twin_rest_);
}

void SetCookie::add(http::FieldList& response, std::string_view name, std::string_view value,
                    std::string_view rest) const {
  response.add(http::FieldId::set_cookie, "Set-Cookie", name);
  response.extend_last(value);
  response.extend_last(rest);
}

}  // namespace weir::sticky
