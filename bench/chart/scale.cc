#include "bench/chart/scale.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::bench::chart {

Scale::Scale(Kind kind, std::pair<double, double> values, std::pair<double, double> positions)
    : kind_(kind), first_(step(values.first)), last_(step(values.second)), positions_(std::move(positions)) {
  if (last_ <= first_) last_ = first_ + 1;
}

double Scale::step(double value) const {
  return kind_ == Kind::linear ? value : std::log10(std::max(value, 1e-9));
}

double Scale::at(double value) const {
  const double part = std::clamp((step(value) - first_) / (last_ - first_), 0.0, 1.0);
  return positions_.first + part * (positions_.second - positions_.first);
}

std::vector<double> logarithmic_steps(double least, double most) {
  constexpr double kSlack = 1.0001;
  most = std::max(most, least * 1.01);
  const auto begin = static_cast<int>(std::floor(std::log10(least)));
  const auto end = static_cast<int>(std::ceil(std::log10(most)));
  const bool powers_only = end - begin > 3;
  std::vector<double> all;
  for (int exponent = begin; exponent <= end; ++exponent) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (digit == 1.0 || !powers_only) all.push_back(digit * std::pow(10.0, exponent));
    }
  }
  // The last that is not above the least, the first that is not below the most, and all between.
  const auto first = std::ranges::find_if(all, [&](double one) { return one > least * kSlack; });
  const auto last = std::ranges::find_if(all, [&](double one) { return one * kSlack >= most; });
  return {first == all.begin() ? first : first - 1, last == all.end() ? last : last + 1};
}

double nice_end(double most) {
  if (most <= 0) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(most)));
  for (const double digit : {1.0, 2.0, 2.5, 5.0}) {
    if (most <= digit * power * 1.0001) return digit * power;
  }
  return 10 * power;
}

double nines(double share) { return -std::log10(std::max(1 - share, 1e-9)); }

}  // namespace weir::bench::chart
