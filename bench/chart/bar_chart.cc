#include "bench/chart/bar_chart.h"

#include <algorithm>

#include "bench/chart/palette.h"
#include "bench/chart/svg.h"

namespace weir::bench::chart {
namespace {

constexpr double kMargin = 24, kColumn = 430, kGap = 32;
constexpr double kBarsTop = 84;
constexpr double kBar = 18, kBarStep = 25, kPanelTitle = 26, kPanelGap = 26;
constexpr double kNames = 92, kLabels = 86;
constexpr double kSecondPart = 0.45;  // how opaque the second part of a bar is

double height_of(const BarPanel& panel) {
  return kPanelTitle + kBarStep * static_cast<double>(panel.bars.size()) + kPanelGap;
}

double longest(const BarPanel& panel) {
  double most = 0;
  for (const Bar& bar : panel.bars) most = std::max(most, bar.first + bar.second);
  return most;
}

void draw_panel(const BarPanel& panel, double left, double top, Svg& svg) {
  const double scale = (kColumn - kNames - kLabels) / std::max(longest(panel), 1e-9);
  const double begin = left + kNames;
  svg.text({left, top + 14}, panel.title, {.size = 14, .color = kInk, .bold = true});
  double y = top + kPanelTitle;
  for (const Bar& bar : panel.bars) {
    const double baseline = y + kBar - 5;
    const double first = bar.first * scale, second = bar.second * scale;
    const bool ours = bar.color == 0;
    svg.text({begin - 8, baseline}, bar.name,
             {.size = 12.5, .color = ours ? kInk : kFaintInk, .anchor = Anchor::end, .bold = ours});
    svg.rectangle({begin, y}, first, kBar, color_of(bar.color));
    svg.rectangle({begin + first, y}, second, kBar, color_of(bar.color), kSecondPart);
    svg.text({begin + first + second + 7, baseline}, bar.label, {.size = 12, .color = kInk, .bold = ours});
    y += kBarStep;
  }
  svg.line({begin, top + kPanelTitle - 4}, {begin, y - kBarStep + kBar + 4}, {.color = kFaintInk});
}

}  // namespace

std::string to_svg(const BarChart& chart) {
  std::vector<const BarPanel*> panels;
  for (const BarPanel& panel : chart.panels) {
    if (!panel.bars.empty()) panels.push_back(&panel);
  }
  if (panels.empty()) return {};
  double height = kBarsTop;
  for (std::size_t i = 0; i < panels.size(); i += 2) {
    height += std::max(height_of(*panels[i]), i + 1 < panels.size() ? height_of(*panels[i + 1]) : 0);
  }
  Svg svg(2 * kMargin + 2 * kColumn + kGap, height, chart.title);
  svg.text({kMargin, 34}, chart.title, {.size = 18, .color = kInk, .bold = true});
  svg.text({kMargin, 55}, chart.subtitle, {.size = 12.5, .color = kFaintInk});
  double top = kBarsTop;
  for (std::size_t i = 0; i < panels.size(); i += 2) {
    const bool pair = i + 1 < panels.size();
    draw_panel(*panels[i], kMargin, top, svg);
    if (pair) draw_panel(*panels[i + 1], kMargin + kColumn + kGap, top, svg);
    top += std::max(height_of(*panels[i]), pair ? height_of(*panels[i + 1]) : 0);
  }
  return svg.to_string();
}

}  // namespace weir::bench::chart
