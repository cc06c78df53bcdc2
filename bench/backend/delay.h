#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/base/random.h"

namespace weir::bench {

// How long answers take, drawn anew for each: a distribution, and perhaps another for a share of them. Pure;
// the random numbers come in.
class DelayModel {
 public:
  // No delay.
  DelayModel() = default;

  // "5ms"                 always that
  // "uniform:1ms-10ms"    anything between
  // "exponential:5ms"     of this mean
  // "normal:10ms,2ms"     mean and standard deviation; never below 0
  // "lognormal:5ms,0.5"   median, and standard deviation of the logarithm
  // "5ms,1%:500ms"        any of these, but another for that share
  //
  // The error is a sentence that says what is wrong.
  static std::expected<DelayModel, std::string> parse(std::string_view text);

  // At most a day.
  base::Duration draw(base::Random& random) const;
  bool is_zero() const { return usual_.kind == Kind::constant && usual_.a <= 0 && slow_share_ <= 0; }

 private:
  enum class Kind { constant, uniform, exponential, normal, lognormal };
  // Nanoseconds, except for the deviation of a logarithm.
  struct Distribution {
    Kind kind = Kind::constant;
    double a = 0;
    double b = 0;
    double draw(base::Random& random) const;
  };
  static std::expected<Distribution, std::string> parse_one(std::string_view text);
  static std::expected<Distribution, std::string> with_one(Kind kind, std::string_view value);
  static std::expected<Distribution, std::string> with_two(Kind kind, std::string_view values);

  Distribution usual_;
  Distribution slow_;
  double slow_share_ = 0;
};

// Uniform in [0, 1).
double draw_share(base::Random& random);

}  // namespace weir::bench
