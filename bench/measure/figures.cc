#include "bench/measure/figures.h"

#include <fmt/format.h>

#include <cmath>

namespace weir::bench {

std::string format_figure(double value) {
  const double size = std::abs(value);
  if (size >= 100) return fmt::format("{:.0f}", value);
  if (size >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

std::string format_microseconds(double microseconds) {
  if (microseconds >= 999'500) return format_figure(microseconds / 1e6) + " s";
  if (microseconds >= 999.5) return format_figure(microseconds / 1e3) + " ms";
  return format_figure(microseconds) + " µs";
}

std::string format_tick(double microseconds) {
  if (microseconds >= 1e6) return fmt::format("{:g} s", microseconds / 1e6);
  if (microseconds >= 1e3) return fmt::format("{:g} ms", microseconds / 1e3);
  return fmt::format("{:g} µs", microseconds);
}

}  // namespace weir::bench
