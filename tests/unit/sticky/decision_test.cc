#include "lb/sticky/decision.h"

#include <doctest/doctest.h>

namespace weir::sticky {
namespace {

using Settings = model::Stickiness;
using Standing = Reading::Standing;

constexpr std::int64_t kNow = 1'700'000'000;

const Settings kLb;
const Settings kHalf = [] {
  Settings settings;
  settings.ttl = std::chrono::seconds(100);
  settings.renew = Settings::Renew::half;
  return settings;
}();
const Settings kApp = [] {
  Settings settings;
  settings.type = Settings::Type::app_cookie;
  settings.app_cookie = "SID";
  return settings;
}();

Reading reading(Standing standing, bool app_cookie = false, std::int64_t issued = kNow - 10) {
  return {.standing = standing, .ticket = {.issued = issued, .session = 42}, .app_cookie = app_cookie};
}

}  // namespace

TEST_CASE("a session stays with its target while that may be used") {
  struct Row {
    Fitness fitness;
    Decision decision;
  };
  const Row rows[] = {
      {Fitness::usable, {true, Outcome::kept}},      {Fitness::draining, {true, Outcome::kept}},
      {Fitness::unhealthy, {false, Outcome::moved}}, {Fitness::ejected, {false, Outcome::moved}},
      {Fitness::full, {false, Outcome::moved}},      {Fitness::elsewhere, {false, Outcome::moved}},
      {Fitness::gone, {false, Outcome::moved}},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.fitness));
    CHECK(decide(kLb, reading(Standing::valid), row.fitness) == row.decision);
    CHECK(decide(kApp, reading(Standing::valid, true), row.fitness) == row.decision);
  }
}

TEST_CASE("who has no session is balanced as without stickiness, and why is counted") {
  struct Row {
    const char* what;
    const Settings& settings;
    Reading reading;
    Outcome outcome;
  };
  const Row rows[] = {
      {"no cookie", kLb, reading(Standing::none), Outcome::fresh},
      {"an invalid one", kLb, reading(Standing::invalid), Outcome::invalid},
      {"an expired one", kLb, reading(Standing::expired), Outcome::expired},
      {"app: none", kApp, reading(Standing::none, false), Outcome::fresh},
      {"app: only the application's", kApp, reading(Standing::none, true), Outcome::fresh},
      {"app: only weir's", kApp, reading(Standing::valid, false), Outcome::fresh},
      {"app: an invalid one", kApp, reading(Standing::invalid, true), Outcome::invalid},
      {"app: an expired one", kApp, reading(Standing::expired, true), Outcome::expired},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK_FALSE(is_bound(row.settings, row.reading));
    CHECK(decide(row.settings, row.reading, Fitness::usable) == Decision{false, row.outcome});
  }
}

TEST_CASE("a session whose request another target answered has moved") {
  CHECK(answered({true, Outcome::kept}, true) == Outcome::kept);
  CHECK(answered({true, Outcome::kept}, false) == Outcome::moved);
  for (const Outcome outcome : {Outcome::fresh, Outcome::moved, Outcome::expired, Outcome::invalid}) {
    CHECK(answered({false, outcome}, false) == outcome);
    CHECK(answered({false, outcome}, true) == outcome);
  }
}

TEST_CASE("a response sets the cookie when the session begins, moves or is due") {
  constexpr auto kNew = Issue{kNow, std::nullopt};
  constexpr auto kSame = Issue{kNow, 42};
  struct Row {
    const char* what;
    const Settings& settings;
    Outcome outcome;
    bool sets_app_cookie;
    std::optional<Issue> issue;
  };
  const Row rows[] = {
      {"new", kLb, Outcome::fresh, false, kNew},
      {"invalid", kLb, Outcome::invalid, false, kNew},
      {"expired", kLb, Outcome::expired, false, kNew},
      {"kept", kLb, Outcome::kept, false, kSame},
      {"moved", kLb, Outcome::moved, false, kSame},
      {"half: moved", kHalf, Outcome::moved, false, kSame},
      {"app: new, without its cookie", kApp, Outcome::fresh, false, std::nullopt},
      {"app: new, with it", kApp, Outcome::fresh, true, kNew},
      {"app: invalid, without", kApp, Outcome::invalid, false, std::nullopt},
      {"app: invalid, with", kApp, Outcome::invalid, true, kNew},
      {"app: expired, without", kApp, Outcome::expired, false, std::nullopt},
      {"app: expired, with", kApp, Outcome::expired, true, kNew},
      {"app: kept", kApp, Outcome::kept, false, kSame},
      {"app: moved", kApp, Outcome::moved, false, kSame},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(issue(row.settings, reading(Standing::valid, true), row.outcome, row.sets_app_cookie, kNow) ==
          row.issue);
  }
}

TEST_CASE("with renew: half a cookie is renewed from half of its ttl on") {
  struct Row {
    std::int64_t age;
    bool renewed;
  };
  for (const Row& row : {Row{0, false}, {-60, false}, {49, false}, {50, true}, {99, true}}) {
    CAPTURE(row.age);
    const Reading kept = reading(Standing::valid, false, kNow - row.age);
    CHECK(issue(kHalf, kept, Outcome::kept, false, kNow).has_value() == row.renewed);
  }
}

TEST_CASE("a session that has moved stays moved when its first target comes back") {
  const Decision lost = decide(kLb, reading(Standing::valid), Fitness::unhealthy);
  const auto moved = issue(kLb, reading(Standing::valid), answered(lost, false), false, kNow);
  REQUIRE(moved);
  // The cookie names the other target now; nothing remembers the first.
  const Reading after = reading(Standing::valid, false, moved->issued);
  CHECK(decide(kLb, after, Fitness::usable) == Decision{true, Outcome::kept});
  CHECK(moved->session == 42);
}

TEST_CASE("outcomes have the words of the metric") {
  CHECK(word(Outcome::kept) == "kept");
  CHECK(word(Outcome::fresh) == "new");
  CHECK(word(Outcome::moved) == "moved");
  CHECK(word(Outcome::expired) == "expired");
  CHECK(word(Outcome::invalid) == "invalid");
}

}  // namespace weir::sticky
