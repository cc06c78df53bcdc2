#include "lb/balance/zone_spill.h"

#include <doctest/doctest.h>

using weir::balance::zone_keeps;
using weir::balance::ZoneWeights;

TEST_CASE("the own zone keeps 1.4 times its usable part, at most all") {
  struct Row {
    ZoneWeights weights;
    double keeps;
  };
  static constexpr Row kRows[] = {
      {{10, 10, 10}, 1},     // all usable
      {{72, 100, 10}, 1},    // Envoy's table: 72 % healthy still carry all
      {{50, 100, 10}, 0.7},  //
      {{25, 100, 10}, 0.35}, {{0, 100, 10}, 0}, {{25, 100, 0}, 1},  // nobody else to take it
      {{0, 0, 10}, 0},                                              // no target in the own zone
      {{0, 0, 0}, 0},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.weights.own_usable);
    CAPTURE(row.weights.own_counted);
    CHECK(zone_keeps(row.weights) == doctest::Approx(row.keeps));
  }
}
