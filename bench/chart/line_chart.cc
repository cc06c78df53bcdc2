#include "bench/chart/line_chart.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <ranges>

#include "bench/chart/palette.h"

namespace weir::bench::chart {
namespace {

constexpr double kWidth = 880, kHeight = 500;
constexpr double kLeft = 84, kRight = 740, kTop = 76, kBottom = 436;
constexpr double kLabelDistance = 16;

struct Axes {
  std::vector<double> y_steps;
  Scale x;
  Scale y;
};

Axes axes_of(const LineChart& chart) {
  double least = std::numeric_limits<double>::max(), most = 0;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      least = std::min(least, point.y);
      most = std::max(most, point.y);
    }
  }
  auto steps = logarithmic_steps(std::max(least, 1e-3), std::max(most, 1e-3));
  const std::pair range{steps.front(), steps.back()};
  return {
      std::move(steps),
      Scale(Scale::Kind::linear, {chart.x_ticks.front().value, chart.x_ticks.back().value}, {kLeft, kRight}),
      Scale(Scale::Kind::logarithmic, range, {kBottom, kTop})};
}

void draw_frame(const LineChart& chart, const Axes& axes, Svg& svg) {
  svg.text({24, 32}, chart.title, {.size = 18, .color = kInk, .bold = true});
  svg.text({24, 53}, chart.subtitle, {.size = 12.5, .color = kFaintInk});
  for (const double step : axes.y_steps) {
    const double y = axes.y.at(step);
    svg.line({kLeft, y}, {kRight, y}, {.color = kGrid});
    svg.text({kLeft - 8, y + 4}, chart.y_format(step), {.color = kFaintInk, .anchor = Anchor::end});
  }
  for (const Tick& tick : chart.x_ticks) {
    const double x = axes.x.at(tick.value);
    svg.line({x, kTop}, {x, kBottom}, {.color = kGrid});
    svg.text({x, kBottom + 20}, tick.label, {.color = kFaintInk, .anchor = Anchor::middle});
  }
  svg.line({kLeft, kBottom}, {kRight, kBottom}, {.color = kFaintInk});
  svg.text({(kLeft + kRight) / 2, kBottom + 44}, chart.x_label,
           {.size = 12.5, .color = kInk, .anchor = Anchor::middle});
  svg.upward_text({22, (kTop + kBottom) / 2}, chart.y_label,
                  {.size = 12.5, .color = kInk, .anchor = Anchor::middle});
}

void draw_line(const Series& series, const Axes& axes, Svg& svg) {
  std::vector<Point> positions;
  for (const Point& point : series.points) positions.push_back({axes.x.at(point.x), axes.y.at(point.y)});
  svg.polyline(positions, {.color = color_of(series.color), .width = series.color == 0 ? 3.2 : 1.8});
}

// Each name at the height where its line ends, moved apart where lines end together.
void draw_names(const std::vector<const Series*>& drawn, const Axes& axes, Svg& svg) {
  std::vector<const Series*> order = drawn;
  const auto height = [&](const Series* one) { return axes.y.at(one->points.back().y); };
  std::ranges::sort(order, {}, height);
  std::vector<double> wanted;
  for (const Series* one : order) wanted.push_back(height(one));
  const auto at = spread_out(wanted, kLabelDistance, kTop, kBottom);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Point end{axes.x.at(order[i]->points.back().x), wanted[i]};
    const std::string_view color = color_of(order[i]->color);
    svg.line(end, {kRight + 18, at[i]}, {.color = color, .width = 0.8});
    svg.text({kRight + 23, at[i] + 4}, order[i]->name,
             {.size = 13, .color = color, .bold = order[i]->color == 0});
  }
}

}  // namespace

std::vector<double> spread_out(std::vector<double> wanted, double distance, double least, double most) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    wanted[i] = std::max(wanted[i], i == 0 ? least : wanted[i - 1] + distance);
  }
  double limit = most;
  for (std::size_t i = wanted.size(); i-- > 0;) {
    wanted[i] = std::min(wanted[i], limit);
    limit = wanted[i] - distance;
  }
  return wanted;
}

std::string to_svg(const LineChart& chart) {
  std::vector<const Series*> drawn;
  for (const Series& series : chart.series) {
    if (!series.points.empty()) drawn.push_back(&series);
  }
  if (drawn.empty() || chart.x_ticks.size() < 2) return {};
  const Axes axes = axes_of(chart);
  Svg svg(kWidth, kHeight, chart.title);
  draw_frame(chart, axes, svg);
  // The first colour last, so that it is in front.
  for (const Series* const one : std::views::reverse(drawn)) draw_line(*one, axes, svg);
  draw_names(drawn, axes, svg);
  return svg.to_string();
}

}  // namespace weir::bench::chart
