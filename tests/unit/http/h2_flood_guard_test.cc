#include "lb/http/h2_flood_guard.h"

#include <doctest/doctest.h>

namespace weir::http {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kStart = base::Instant(100s);

// How many of this kind are let through within a second.
std::uint32_t let_through(H2FloodGuard& guard, H2Flood kind, base::Instant now) {
  std::uint32_t count = 0;
  while (guard.count(kind, now) && count < 100000) ++count;
  return count;
}

TEST_CASE("every kind of cheap frame has a bound in each second") {
  struct Row {
    H2Flood kind;
    std::uint32_t most;
  };
  const Row rows[] = {
      {H2Flood::resets, 100},          {H2Flood::settings, 20},      {H2Flood::pings, 100},
      {H2Flood::empty_data, 200},      {H2Flood::priorities, 1000},  {H2Flood::unknown_frames, 100},
      {H2Flood::window_updates, 2000}, {H2Flood::late_frames, 2000},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.kind));
    H2FloodGuard guard;
    CHECK(let_through(guard, row.kind, kStart) == row.most);
    CHECK(let_through(guard, row.kind, kStart + 999ms) == 0);
    CHECK(let_through(guard, row.kind, kStart + 1s) == row.most);
  }
}

TEST_CASE("whoever gets DATA may send more PINGs and small WINDOW_UPDATEs, in the same second and the next") {
  H2FloodGuard guard;
  REQUIRE(guard.count(H2Flood::pings, kStart));
  for (int i = 0; i < 1000; ++i) guard.sent_data();
  CHECK(let_through(guard, H2Flood::pings, kStart) == 100 - 1 + 2 * 1000);
  CHECK(let_through(guard, H2Flood::window_updates, kStart) == 2000 + 10 * 1000);
  CHECK(let_through(guard, H2Flood::settings, kStart) == 20);
  CHECK(let_through(guard, H2Flood::pings, kStart + 1s) == 100 + 2 * 1000);
  CHECK(let_through(guard, H2Flood::pings, kStart + 2s) == 100);
}

TEST_CASE("what is nothing is not counted") {
  H2FloodGuard guard(0);
  for (int i = 0; i < 1000; ++i) CHECK(guard.count(H2Flood::none, kStart));
}

TEST_CASE("the kinds are counted apart") {
  H2FloodGuard guard;
  CHECK(let_through(guard, H2Flood::pings, kStart) == 100);
  CHECK(guard.count(H2Flood::settings, kStart));
}

TEST_CASE("the bound of resets is configured, and counting never wraps around") {
  H2FloodGuard none(0);
  CHECK_FALSE(none.count(H2Flood::resets, kStart));
  H2FloodGuard few(3);
  CHECK(let_through(few, H2Flood::resets, kStart) == 3);
  for (int i = 0; i < 70000; ++i) CHECK_FALSE(few.count(H2Flood::resets, kStart));
}

TEST_CASE("a header block is bounded in bytes and in frames") {
  CHECK(H2FloodGuard::block_is_fine(65536, 12, 65536));
  CHECK_FALSE(H2FloodGuard::block_is_fine(65537, 1, 65536));
  CHECK_FALSE(H2FloodGuard::block_is_fine(0, 13, 65536));
  CHECK(H2FloodGuard::block_is_fine(100, 8, 4096));
  CHECK_FALSE(H2FloodGuard::block_is_fine(100, 9, 4096));
}

TEST_CASE("every flood has a word") {
  CHECK(to_string(H2Flood::resets) == "reset_flood");
  CHECK(to_string(H2Flood::continuations) == "continuation_flood");
}

}  // namespace
}  // namespace weir::http
