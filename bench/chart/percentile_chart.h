#pragma once

#include <cstdint>
#include <string>

#include "bench/chart/line_chart.h"

namespace weir::bench::chart {

// A chart of latencies in microseconds, without its series, over shares of requests whose nines are evenly
// apart: as far as the fewest `requests` of a series say something.
LineChart percentile_chart(std::string title, std::string subtitle, std::uint64_t requests);

// The last share that so many requests still say something about, at most 0.9999.
double last_share(std::uint64_t requests);

// Where a share and its latency are on such a chart.
inline Point percentile_point(double share, double microseconds) { return {nines(share), microseconds}; }

}  // namespace weir::bench::chart
