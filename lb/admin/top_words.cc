#include "lb/admin/top_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace weir::admin {
namespace {

// With one digit behind the point where there is but one before it.
std::string digits(double value) {
  return value < 9.95 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

}  // namespace

std::string short_rate(double of_a_second) {
  if (of_a_second <= 0) return "0";
  if (of_a_second < 9999.5) return digits(std::max(of_a_second, 0.1));
  if (of_a_second < 999'500) return fmt::format("{:.0f}k", of_a_second / 1e3);
  return digits(of_a_second / 1e6) + "M";
}

std::string short_latency(const std::optional<Latency>& latency) {
  if (!latency) return "-";
  const double seconds = latency->seconds;
  return (latency->above ? ">" : "") +
         (seconds < 0.9995 ? digits(seconds * 1e3) + "ms" : digits(seconds) + "s");
}

std::string short_size(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"K", "M", "G", "T", "P"};
  if (bytes < 999.5) return fmt::format("{:.0f}", std::max(bytes, 0.0));
  std::size_t unit = 0;
  for (bytes /= 1024; bytes >= 999.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return digits(bytes) + kUnits[unit];
}

std::string short_age(double seconds) {
  seconds = std::max(seconds, 0.0);
  if (seconds < 60) return fmt::format("{:.0f}s", std::floor(seconds));
  if (seconds < 3600) return fmt::format("{:.0f}m", std::floor(seconds / 60));
  if (seconds < 86400) return fmt::format("{:.0f}h", std::floor(seconds / 3600));
  return fmt::format("{:.0f}d", std::floor(seconds / 86400));
}

}  // namespace weir::admin
