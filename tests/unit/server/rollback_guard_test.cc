#include "lb/server/rollback_guard.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace weir::server {
namespace {

// Traffic of 100 requests a second.
struct Traffic {
  explicit Traffic(model::Rollback settings = {.window = 30s, .error_rate = 5}) { guard.set(settings); }

  // Seconds in which so many of the hundred fail. Says whether the guard wants to go back.
  bool pass(int seconds, unsigned failing) {
    for (int i = 0; i < seconds; ++i) {
      now += 1s;
      total.requests += 100;
      total.errors += failing;
      if (guard.look(total, now)) return true;
    }
    return false;
  }
  void reload() { guard.reloaded(total, now); }

  RollbackGuard guard;
  TrafficSample total;
  base::Instant now{1h};
};

}  // namespace

TEST_CASE("a reload after which too many requests fail is taken back") {
  Traffic traffic;
  CHECK_FALSE(traffic.pass(40, 0));
  traffic.reload();
  CHECK(traffic.pass(1, 6));
}

TEST_CASE("failures of requests that began before a reload do not count against it") {
  Traffic traffic;
  traffic.reload();
  traffic.total.errors += 50;
  traffic.total.outlived += 50;
  CHECK_FALSE(traffic.pass(1, 0));
  CHECK(traffic.pass(1, 20));
}

TEST_CASE("as many failures as the limit allows, or as few as five, take nothing back") {
  Traffic traffic;
  traffic.reload();
  CHECK_FALSE(traffic.pass(29, 5));
  Traffic few({.window = 30s, .error_rate = 1});
  few.reload();
  CHECK_FALSE(few.pass(2, 2));
  CHECK(few.pass(1, 2));
}

TEST_CASE(
    "failures without a reload, behind its window, or as many as there were before, take nothing back") {
  Traffic none;
  CHECK_FALSE(none.pass(60, 50));
  Traffic late;
  late.reload();
  CHECK_FALSE(late.pass(30, 0));
  CHECK_FALSE(late.pass(30, 50));
  Traffic before;
  CHECK_FALSE(before.pass(30, 50));
  before.reload();
  CHECK_FALSE(before.pass(29, 50));
}

TEST_CASE("what was taken back, or switched off, is not taken back again") {
  Traffic traffic;
  traffic.reload();
  REQUIRE(traffic.pass(1, 50));
  traffic.guard.settle();
  CHECK_FALSE(traffic.pass(10, 50));
  Traffic off;
  off.guard.set(std::nullopt);
  off.reload();
  CHECK_FALSE(off.guard.on());
  CHECK_FALSE(off.pass(10, 50));
}

TEST_CASE("a reload that follows while another is on trial leaves that on trial, for longer") {
  Traffic traffic;
  CHECK_FALSE(traffic.pass(40, 0));
  traffic.reload();
  traffic.now += 1s;
  traffic.total.requests += 100;
  traffic.total.errors += 50;  // not looked at yet
  traffic.reload();
  CHECK(traffic.guard.on_trial());
  CHECK(traffic.pass(1, 50));
}

TEST_CASE("counters that were forgotten with their listener are no failures") {
  Traffic traffic;
  CHECK_FALSE(traffic.pass(40, 4));
  traffic.reload();
  traffic.total.errors -= 100;
  CHECK_FALSE(traffic.pass(10, 4));
}

}  // namespace weir::server
