#include "lb/sticky/reading.h"

#include "tests/unit/sticky/support.h"

namespace weir::sticky {
namespace {

using Settings = model::Stickiness;
using Standing = Reading::Standing;

constexpr std::int64_t kReadAt = 1'700'000'000;

struct Fixture {
  Sealer sealer{test::keys({test::kOnes})};
  Nonces nonces;
  Settings settings;

  std::string seal(std::string_view target, std::int64_t issued = kReadAt, std::string_view cookie = "WEIRLB",
                   std::string_view scope = "web") {
    const Ticket ticket{.group = "web", .target = target, .zone = "", .issued = issued, .session = 1};
    return std::string(sealer.seal({cookie, scope}, ticket, nonces.next()).value());
  }

  Reading read(const std::string& cookies) {
    http::FieldList request;
    request.add("Host", "a");
    if (!cookies.empty()) request.add("Cookie", cookies);
    return read_cookies(sealer, settings, SetCookie(settings), "web", request, kReadAt);
  }
};

}  // namespace

TEST_CASE("a cookie's age decides whether it stands") {
  struct Row {
    const char* what;
    std::int64_t issued;
    Standing standing;
  };
  const Row rows[] = {
      {"just issued", kReadAt, Standing::valid},
      {"by a clock a minute ahead", kReadAt + 60, Standing::valid},
      {"by one that is further ahead", kReadAt + 61, Standing::invalid},
      {"far in the future", INT64_MAX, Standing::invalid},
      {"a second before its end", kReadAt - 99, Standing::valid},
      {"at its end", kReadAt - 100, Standing::expired},
      {"long ago", 0, Standing::expired},
      {"before time", INT64_MIN, Standing::invalid},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(standing(row.issued, kReadAt, std::chrono::seconds(100)) == row.standing);
  }
}

TEST_CASE("a request's cookie is absent, invalid, expired or valid") {
  Fixture at;
  CHECK(at.read("").standing == Standing::none);
  CHECK(at.read("a=b; XWEIRLB=" + at.seal("a")).standing == Standing::none);
  CHECK(at.read("WEIRLB=").standing == Standing::invalid);
  CHECK(at.read("WEIRLB=rubbish; a=b").standing == Standing::invalid);
  CHECK(at.read("WEIRLB=" + at.seal("a", kReadAt, "WEIRLB", "api")).standing == Standing::invalid);
  CHECK(at.read("WEIRLB=" + at.seal("a", kReadAt + 100)).standing == Standing::invalid);
  CHECK(at.read("WEIRLB=" + at.seal("a", kReadAt - 86'400)).standing == Standing::expired);
  const Reading valid = at.read("x=y; WEIRLB=" + at.seal("a", kReadAt - 5));
  CHECK(valid.standing == Standing::valid);
  CHECK(valid.ticket.target == "a");
  CHECK(valid.ticket.issued == kReadAt - 5);
}

TEST_CASE("of several cookies the first that opens counts") {
  Fixture at;
  CHECK(at.read("WEIRLB=no; WEIRLB=" + at.seal("a") + "; WEIRLB=" + at.seal("b")).ticket.target == "a");
  const Reading expired = at.read("WEIRLB=" + at.seal("a", 5) + "; WEIRLB=" + at.seal("b"));
  CHECK(expired.standing == Standing::expired);
}

TEST_CASE("many cookies that do not open are not all tried") {
  Fixture at;
  std::string cookies;
  for (int i = 0; i < kMostTries - 1; ++i) cookies += "WEIRLB=no; ";
  CHECK(at.read(cookies + "WEIRLB=" + at.seal("a")).standing == Standing::valid);
  CHECK(at.read("WEIRLB=no; " + cookies + "WEIRLB=" + at.seal("a")).standing == Standing::invalid);
}

TEST_CASE("a CORS twin counts where there is one, and the cookie itself has no valid value") {
  Fixture at;
  const std::string twin = "WEIRLBCORS=" + at.seal("twin");
  CHECK(at.read(twin).standing == Standing::none);
  at.settings.cors_twin = true;
  CHECK(at.read(twin).ticket.target == "twin");
  CHECK(at.read("WEIRLB=no; " + twin).ticket.target == "twin");
  CHECK(at.read(twin + "; WEIRLB=" + at.seal("a")).ticket.target == "a");
  CHECK(at.read("WEIRLB=" + at.seal("a", 5) + "; " + twin).standing == Standing::expired);
}

TEST_CASE("the application's cookie is looked for by its name") {
  Fixture at;
  CHECK_FALSE(at.read("SID=1").app_cookie);
  at.settings.type = Settings::Type::app_cookie;
  at.settings.app_cookie = "SID";
  CHECK(at.read("SID=1").app_cookie);
  CHECK(at.read("a=b; SID=; WEIRLB=" + at.seal("a")).app_cookie);
  CHECK_FALSE(at.read("sid=1; WEIRLB=" + at.seal("a")).app_cookie);
}

}  // namespace weir::sticky
