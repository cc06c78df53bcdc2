#include "lb/server/demo_faults.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/contains.h"

using namespace weir;
using namespace weir::server;
using http::Method;
using weir::test::contains;

namespace {}  // namespace

TEST_CASE("a zone is broken until it is mended, or for its time") {
  const base::ManualClock clock;
  const base::Instant now = clock.now();
  DemoFaults faults({"az-1", "az-1", "az-2"});
  CHECK_FALSE(faults.is_broken("az-1", now));

  const auto broken = faults.act(Method::get, "/break/az-1?from=a-link", now);
  REQUIRE(broken);
  CHECK(broken->status == 200);
  CHECK(contains(broken->html, "<h1>Zone az-1 is broken</h1>"));
  CHECK(contains(broken->html, "For 60 s "));
  CHECK(contains(broken->html, "href=\"/heal/az-1\""));
  CHECK(faults.is_broken("az-1", now));
  CHECK_FALSE(faults.is_broken("az-2", now));
  CHECK_FALSE(faults.is_broken("az-3", now));
  CHECK(faults.is_broken("az-1", now + DemoFaults::kTime - std::chrono::nanoseconds(1)));
  CHECK_FALSE(faults.is_broken("az-1", now + DemoFaults::kTime));

  const auto mended = faults.act(Method::post, "/heal/az-1", now);
  REQUIRE(mended);
  CHECK(contains(mended->html, "<h1>Zone az-1 works again</h1>"));
  CHECK_FALSE(faults.is_broken("az-1", now));
}

TEST_CASE("what breaks no zone of the demo") {
  DemoFaults faults({"az-1", "az-2"});
  const base::Instant now = base::ManualClock().now();
  for (const char* const target : {"/", "/break", "/?/break/az-1", "/a/break/az-1", "*"}) {
    INFO(target);
    CHECK_FALSE(faults.act(Method::get, target, now));
  }
  for (const char* const target : {"/break/", "/break/az-3", "/heal/<b>", "/break/az-1/"}) {
    INFO(target);
    const auto page = faults.act(Method::get, target, now);
    REQUIRE(page);
    CHECK(page->status == 404);
    CHECK(contains(page->html, "The zones are az-1, az-2."));
    CHECK_FALSE(contains(page->html, "<b>"));
  }
  for (const Method method : {Method::head, Method::options, Method::delete_}) {
    const auto page = faults.act(method, "/break/az-1", now);
    REQUIRE(page);
    CHECK(page->status == 405);
  }
  CHECK_FALSE(faults.is_broken("az-1", now));
}

TEST_CASE("the pages link to the dashboard, once it is there") {
  DemoFaults faults({"az-1"});
  const base::Instant now = base::ManualClock().now();
  CHECK_FALSE(contains(faults.act(Method::get, "/break/az-1", now)->html, "dashboard"));
  faults.point_to("http://127.0.0.1:9900/");
  CHECK(contains(faults.act(Method::get, "/break/az-1", now)->html, "href=\"http://127.0.0.1:9900/\""));
}
