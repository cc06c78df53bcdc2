#include "bench/backend/delay.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace weir::bench {
namespace {

std::vector<double> draw_milliseconds(std::string_view text) {
  const auto model = DelayModel::parse(text);
  REQUIRE(model);
  base::Random random(1);
  std::vector<double> drawn;
  for (int i = 0; i < 100'000; ++i) drawn.push_back(static_cast<double>(model->draw(random).count()) / 1e6);
  std::ranges::sort(drawn);
  return drawn;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

TEST_CASE("delays are distributed as their text says") {
  struct Row {
    std::string_view text;
    double least, most;  // milliseconds; of normal ones: of a hundred thousand
    double median, mean, deviation;
  };
  const Row rows[] = {
      {"5ms", 5, 5, 5, 5, 0},
      {"0", 0, 0, 0, 0, 0},
      {"uniform:1ms-10ms", 1, 10, 5.5, 5.5, 2.6},
      {"uniform:2ms-2ms", 2, 2, 2, 2, 0},
      {"exponential:5ms", 0, 100, 3.47, 5, 5},
      {"normal:10ms,2ms", 0, 20, 10, 10, 2},
      {"normal:1ms,2ms", 0, 12, 1, 1.4, 1.47},
      {"lognormal:5ms,0.5", 0.2, 60, 5, 5.67, 3.02},
      {"5ms,1%:500ms", 5, 500, 5, 9.95, 49.2},
      {"5ms,0%:500ms", 5, 5, 5, 5, 0},
      {"normal:10ms,2ms,10%:uniform:100ms-200ms", 0, 200, 10.3, 24, 43},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto drawn = draw_milliseconds(row.text);
    CHECK(drawn.front() >= row.least);
    CHECK(drawn.back() <= row.most);
    CHECK(drawn[drawn.size() / 2] == doctest::Approx(row.median).epsilon(0.02));
    CHECK(mean(drawn) == doctest::Approx(row.mean).epsilon(0.05));
    CHECK(deviation(drawn) == doctest::Approx(row.deviation).epsilon(0.06));
  }
}

TEST_CASE("the slow share of the answers is slow") {
  const auto drawn = draw_milliseconds("5ms,1%:500ms");
  const auto slow = std::ranges::count_if(drawn, [](double value) { return value > 5; });
  CHECK(slow > 900);
  CHECK(slow < 1100);
}

TEST_CASE("a text that is no delay is refused with a sentence") {
  struct Row {
    std::string_view text;
    std::string_view says;
  };
  const Row rows[] = {
      {"", "'' is not a duration"},
      {"5", "'5' is not a duration"},
      {"uniform:1ms", "'' is not a duration"},
      {"uniform:10ms-1ms", "its end is before its beginning"},
      {"normal:10ms", "'' is not a duration"},
      {"lognormal:5ms,x", "'x' is not the deviation of a logarithm"},
      {"lognormal:5ms,-1", "a number from 0 to 10"},
      {"lognormal:5ms,nan", "a number from 0 to 10"},
      {"pareto:5ms", "'pareto' is not a distribution: expected uniform"},
      {"5ms,2x:500ms", "'2x' is not a share"},
      {"5ms,1%:", "'' is not a duration"},
      {"5ms,500ms", "'5ms,500ms' is not a duration"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto model = DelayModel::parse(row.text);
    REQUIRE(!model);
    CAPTURE(model.error());
    CHECK(model.error().find(row.says) != std::string::npos);
  }
}

TEST_CASE("no delay is known as such") {
  CHECK(DelayModel().is_zero());
  CHECK(DelayModel::parse("0ms")->is_zero());
  CHECK(!DelayModel::parse("1us")->is_zero());
  CHECK(!DelayModel::parse("0ms,1%:5ms")->is_zero());
  CHECK(!DelayModel::parse("uniform:0ms-1ms")->is_zero());
}

}  // namespace weir::bench
