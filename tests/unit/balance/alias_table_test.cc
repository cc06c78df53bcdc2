#include "lb/balance/alias_table.h"

#include <doctest/doctest.h>

#include <cmath>

#include "lb/base/random.h"

using weir::balance::AliasTable;

TEST_CASE("draws follow the weights") {
  static const std::vector<std::vector<std::uint32_t>> rows = {
      {1}, {3, 3}, {1, 2}, {100, 1, 99'900}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  constexpr int kDraws = 100'000;
  for (const std::vector<std::uint32_t>& weights : rows) {
    const AliasTable table(weights);
    weir::base::Random random(1);
    std::vector<double> got(weights.size());
    for (int i = 0; i < kDraws; ++i) ++got[table.draw(random.next())];
    double total = 0;
    for (const std::uint32_t weight : weights) total += weight;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double part = weights[i] / total;
      CHECK(std::abs(got[i] - kDraws * part) <= 5 * std::sqrt(kDraws * part * (1 - part)) + 1);
    }
  }
}

TEST_CASE("equal weights need no table") {
  CHECK(AliasTable(std::vector<std::uint32_t>(5, 70)).uniform());
  CHECK(!AliasTable(std::vector<std::uint32_t>{1, 2}).uniform());
}
