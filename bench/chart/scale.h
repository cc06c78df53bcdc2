#pragma once

#include <string>
#include <utility>
#include <vector>

// Where values lie on an axis, and which of them are written beside it.
namespace weir::bench::chart {

struct Tick {
  double value = 0;
  std::string label;
};

// Maps a range of values onto a range of positions, which may run backwards.
class Scale {
 public:
  enum class Kind { linear, logarithmic };
  // The range is widened if it is empty; a logarithmic one is above 0.
  Scale(Kind kind, std::pair<double, double> values, std::pair<double, double> positions);
  double at(double value) const;

 private:
  double step(double value) const;

  Kind kind_;
  double first_, last_;  // in steps
  std::pair<double, double> positions_;
};

// 1, 2 and 5 times the powers of ten that enclose the range; only the powers where that would be too many.
std::vector<double> logarithmic_steps(double least, double most);

// The end of a linear axis that begins at 0 and has to show `most`: 1, 2, 2.5 or 5 times a power of ten.
double nice_end(double most);

// A share of the requests on the axis of a percentile plot: each nine is as far from the last as the next
// one. 0.9 is at 1, 0.99 at 2, 0.999 at 3.
double nines(double share);

}  // namespace weir::bench::chart
