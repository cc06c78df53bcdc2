#include "bench/load/plot.h"

#include <cmath>

#include "bench/chart/percentile_chart.h"
#include "bench/load/report.h"
#include "bench/measure/figures.h"

namespace weir::bench {

std::string plot_svg(const LoadPlan& plan, const Outcome& outcome) {
  const Latencies& latencies = outcome.tally.latencies;
  if (latencies.count() == 0) return {};
  chart::LineChart chart =
      chart::percentile_chart("Latency: " + url_text(plan), load_text(plan), latencies.count());
  const double end = chart::last_share(latencies.count());
  constexpr int kSteps = 100;
  chart::Series series{.name = format_microseconds(microseconds(latencies.at(end))), .points = {}};
  for (int step = 0; step <= kSteps; ++step) {
    const double share = 1 - std::pow(1 - end, static_cast<double>(step) / kSteps);
    series.points.push_back(chart::percentile_point(share, microseconds(latencies.at(share))));
  }
  chart.series.push_back(std::move(series));
  return chart::to_svg(chart);
}

}  // namespace weir::bench
