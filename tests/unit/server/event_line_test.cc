#include "lb/server/event_line.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::server;

TEST_CASE("an event is a sentence, and the same in logfmt") {
  const admin::Event event{.kind = "health",
                           .target_group = "app",
                           .target = "10.0.1.10:8080",
                           .zone = "az-1",
                           .from = "healthy",
                           .to = "unhealthy",
                           .reason = "Target.Timeout",
                           .detail = "3 of 3 checks failed"};
  CHECK(
      sentence(event) ==
      "target group app: 10.0.1.10:8080 (az-1): healthy -> unhealthy, Target.Timeout, 3 of 3 checks failed");
  CHECK(event_fields(event) ==
        "event=health target_group=app target=10.0.1.10:8080 zone=az-1 from=healthy to=unhealthy "
        "reason=Target.Timeout detail=\"3 of 3 checks failed\"");
  CHECK(is_bad_news(event));
  CHECK_FALSE(is_bad_news({.kind = "drain", .to = "draining"}));
}

TEST_CASE("words from outside stand in a quoted field alone, escaped once") {
  const admin::Event shift{
      .kind = "shift", .zone = "z2", .to = "shifted", .reason = "a\"b\nc=d event=fake", .detail = "for 60 s"};
  CHECK(sentence(shift) == "zone z2: shifted, for 60 s");
  CHECK(event_fields(shift) ==
        "event=shift zone=z2 to=shifted reason=\"a\\\"b\\nc=d event=fake\" detail=\"for 60 s\"");
  const admin::Event health{.kind = "health",
                            .target_group = "app",
                            .target = "t1",
                            .from = "healthy",
                            .to = "unhealthy",
                            .reason = "Target.ResponseCodeMismatch",
                            .detail = "header x is \"event=fake\""};
  CHECK(sentence(health) == "target group app: t1: healthy -> unhealthy, Target.ResponseCodeMismatch");
}

TEST_CASE("fields that are not there are left out, and none can pretend to be another") {
  CHECK(event_fields({.kind = "shift", .zone = "az-1", .to = "in rotation"}) ==
        "event=shift zone=az-1 to=\"in rotation\"");
  CHECK(event_fields({.kind = "shift", .to = "shifted", .reason = "x\" to=healthy\nevent=drain"}) ==
        "event=shift to=shifted reason=\"x\\\" to=healthy\\nevent=drain\"");
  CHECK(event_fields({.kind = "shift", .reason = "a=b"}) == "event=shift reason=\"a=b\"");
}
