#pragma once

#include <string>
#include <vector>

#include "bench/chart/scale.h"
#include "bench/chart/svg.h"

namespace weir::bench::chart {

struct Series {
  std::string name;
  std::vector<Point> points;  // values, x rising
  std::size_t color = 0;      // of the palette; 0 is drawn thicker
};

// Lines with their names at their ends. The y axis is logarithmic.
struct LineChart {
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  std::vector<Tick> x_ticks;  // the first and the last are the range
  std::string (*y_format)(double) = nullptr;
  std::vector<Series> series;
};

// Empty if there is no point.
std::string to_svg(const LineChart& chart);

// Positions as near to the wanted ones as they can be with `distance` between any two, in the same order.
std::vector<double> spread_out(std::vector<double> wanted, double distance, double least, double most);

}  // namespace weir::bench::chart
