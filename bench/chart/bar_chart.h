#pragma once

#include <string>
#include <vector>

namespace weir::bench::chart {

// One bar of two parts.
struct Bar {
  std::string name;
  double first = 0;
  double second = 0;
  std::string label;      // written behind it
  std::size_t color = 0;  // of the palette
};

// Bars that are compared with each other only.
struct BarPanel {
  std::string title;
  std::vector<Bar> bars;
};

// Panels in two columns, each with a scale of its own from 0.
struct BarChart {
  std::string title;
  std::string subtitle;
  std::vector<BarPanel> panels;
};

// Empty if there is no bar.
std::string to_svg(const BarChart& chart);

}  // namespace weir::bench::chart
