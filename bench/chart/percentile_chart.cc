#include "bench/chart/percentile_chart.h"

#include <algorithm>

#include "bench/measure/figures.h"

namespace weir::bench::chart {
namespace {

constexpr double kFewestBeyond = 4;  // requests that are slower than what is drawn last

// As far as the first one that is not before the last share.
std::vector<Tick> percentile_ticks(double last) {
  std::vector<Tick> ticks;
  for (const auto& [share, label] : {std::pair(0.0, "0 %"),
                                     {0.5, "50 %"},
                                     {0.9, "90 %"},
                                     {0.99, "99 %"},
                                     {0.999, "99.9 %"},
                                     {0.9999, "99.99 %"}}) {
    ticks.push_back({nines(share), label});
    if (share >= last - 1e-9) break;
  }
  return ticks;
}

}  // namespace

double last_share(std::uint64_t requests) {
  return std::clamp(1 - kFewestBeyond / static_cast<double>(std::max<std::uint64_t>(requests, 1)), 0.9,
                    0.9999);
}

LineChart percentile_chart(std::string title, std::string subtitle, std::uint64_t requests) {
  return {.title = std::move(title),
          .subtitle = std::move(subtitle),
          .x_label = "share of the requests that are no slower",
          .y_label = "latency",
          .x_ticks = percentile_ticks(last_share(requests)),
          .y_format = format_tick,
          .series = {}};
}

}  // namespace weir::bench::chart
