#include "lb/sticky/set_cookie.h"

#include <doctest/doctest.h>

namespace weir::sticky {
namespace {

using Settings = model::Stickiness;

template <class Change>
Settings with(Change change) {
  Settings settings;
  change(settings);
  return settings;
}

std::string lines(const Settings& settings, bool by_tls) {
  const SetCookie cookie(settings);
  http::FieldList response;
  cookie.add_to(response, "VALUE", by_tls);
  return std::string(response.lines());
}

}  // namespace

TEST_CASE("the cookie has the attributes that the settings ask for") {
  struct Row {
    const char* what;
    Settings settings;
    bool by_tls;
    const char* lines;
  };
  const Row rows[] = {
      {"as it is", {}, false, "Set-Cookie: WEIRLB=VALUE; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax\r\n"},
      {"by TLS",
       {},
       true,
       "Set-Cookie: WEIRLB=VALUE; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax; Secure\r\n"},
      {"never secure", with([](Settings& s) { s.secure = Settings::Secure::off; }), true,
       "Set-Cookie: WEIRLB=VALUE; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax\r\n"},
      {"always secure", with([](Settings& s) { s.secure = Settings::Secure::on; }), false,
       "Set-Cookie: WEIRLB=VALUE; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax; Secure\r\n"},
      {"strict, another name and time", with([](Settings& s) {
         s.name = "S";
         s.ttl = std::chrono::minutes(5);
         s.same_site = Settings::SameSite::strict;
       }),
       false, "Set-Cookie: S=VALUE; Max-Age=300; Path=/; HttpOnly; SameSite=Strict\r\n"},
      {"none means secure", with([](Settings& s) {
         s.same_site = Settings::SameSite::none;
         s.secure = Settings::Secure::off;
       }),
       false, "Set-Cookie: WEIRLB=VALUE; Max-Age=86400; Path=/; HttpOnly; SameSite=None; Secure\r\n"},
      {"with a twin", with([](Settings& s) { s.cors_twin = true; }), false,
       "Set-Cookie: WEIRLB=VALUE; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax\r\n"
       "Set-Cookie: WEIRLBCORS=VALUE; Max-Age=86400; Path=/; HttpOnly; SameSite=None; Secure\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(lines(row.settings, row.by_tls) == row.lines);
  }
}

TEST_CASE("the names that are weir's own include the twin's, even where there is none any more") {
  const SetCookie cookie(with([](Settings& s) { s.name = "S"; }));
  REQUIRE(cookie.names().size() == 2);
  CHECK(cookie.name() == "S");
  CHECK(cookie.twin_name() == "SCORS");
  CHECK_FALSE(cookie.has_twin());
}

}  // namespace weir::sticky
