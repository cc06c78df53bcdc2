#include "bench/backend/delay.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <utility>

#include "bench/command_line/units.h"
#include "lb/base/text.h"

namespace weir::bench {
namespace {

constexpr double kMostNanoseconds = 86'400e9;

std::unexpected<std::string> refuse(std::string_view text, std::string_view expected) {
  return std::unexpected(fmt::format("'{}' is not {}", base::escape(text), expected));
}

using Pair = std::pair<std::string_view, std::string_view>;
Pair split_at(std::string_view text, std::size_t at) {
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::expected<double, std::string> nanoseconds(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return std::unexpected(duration.error());
  return static_cast<double>(duration->count());
}

std::expected<double, std::string> deviation(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(number >= 0 && number <= 10)) {
    return refuse(text, "the deviation of a logarithm: a number from 0 to 10");
  }
  return number;
}

// A normally distributed number (Box and Muller 1958).
double draw_normal(base::Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - draw_share(random)));
  return radius * std::cos(2 * std::numbers::pi * draw_share(random));
}

}  // namespace

double draw_share(base::Random& random) { return static_cast<double>(random.next() >> 11) * 0x1p-53; }

std::expected<DelayModel::Distribution, std::string> DelayModel::with_one(Kind kind, std::string_view value) {
  const auto a = nanoseconds(value);
  if (!a) return std::unexpected(a.error());
  return Distribution{kind, *a, 0};
}

std::expected<DelayModel::Distribution, std::string> DelayModel::with_two(Kind kind,
                                                                          std::string_view values) {
  const auto [first, second] = split_at(values, values.find(kind == Kind::uniform ? '-' : ','));
  const auto a = nanoseconds(first);
  if (!a) return std::unexpected(a.error());
  const auto b = kind == Kind::lognormal ? deviation(second) : nanoseconds(second);
  if (!b) return std::unexpected(b.error());
  if (kind == Kind::uniform && *b < *a) return refuse(values, "a range: its end is before its beginning");
  return Distribution{kind, *a, *b};
}

std::expected<DelayModel::Distribution, std::string> DelayModel::parse_one(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return with_one(Kind::constant, text);
  const auto [name, values] = split_at(text, colon);
  if (name == "exponential") return with_one(Kind::exponential, values);
  if (name == "uniform") return with_two(Kind::uniform, values);
  if (name == "normal") return with_two(Kind::normal, values);
  if (name == "lognormal") return with_two(Kind::lognormal, values);
  return refuse(name, "a distribution: expected uniform, exponential, normal or lognormal");
}

// What follows the last comma is a second mode if it begins with a share and a colon.
std::expected<DelayModel, std::string> DelayModel::parse(std::string_view text) {
  DelayModel model;
  auto [usual, slow] = split_at(text, text.rfind(','));
  if (const std::size_t colon = slow.find(':'); colon != std::string_view::npos) {
    const auto share = parse_share(slow.substr(0, colon));
    if (!share) return std::unexpected(share.error());
    const auto distribution = parse_one(slow.substr(colon + 1));
    if (!distribution) return std::unexpected(distribution.error());
    model.slow_share_ = *share;
    model.slow_ = *distribution;
  } else {
    usual = text;
  }
  const auto distribution = parse_one(usual);
  if (!distribution) return std::unexpected(distribution.error());
  model.usual_ = *distribution;
  return model;
}

double DelayModel::Distribution::draw(base::Random& random) const {
  switch (kind) {
    case Kind::constant: return a;
    case Kind::uniform: return a + (b - a) * draw_share(random);
    case Kind::exponential: return -a * std::log(1 - draw_share(random));
    case Kind::normal: return a + b * draw_normal(random);
    case Kind::lognormal: return a * std::exp(b * draw_normal(random));
  }
  return 0;
}

base::Duration DelayModel::draw(base::Random& random) const {
  const bool slow = slow_share_ > 0 && draw_share(random) < slow_share_;
  const double drawn = (slow ? slow_ : usual_).draw(random);
  return base::Duration(std::llround(std::clamp(drawn, 0.0, kMostNanoseconds)));
}

}  // namespace weir::bench
