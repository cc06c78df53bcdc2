#include <doctest/doctest.h>

#include "bench/chart/bar_chart.h"
#include "bench/chart/line_chart.h"
#include "bench/chart/scale.h"
#include "bench/chart/svg.h"

namespace weir::bench::chart {
namespace {

using Steps = std::vector<double>;

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

std::string plain(double value) { return std::to_string(static_cast<int>(value)); }

}  // namespace

TEST_CASE("values have their place on a scale, and those outside the nearest one") {
  const Scale linear(Scale::Kind::linear, {0, 10}, {100, 200});
  CHECK(linear.at(5) == doctest::Approx(150));
  CHECK(linear.at(-1) == doctest::Approx(100));
  CHECK(linear.at(11) == doctest::Approx(200));
  const Scale upwards(Scale::Kind::logarithmic, {1, 100}, {400, 0});
  CHECK(upwards.at(10) == doctest::Approx(200));
  CHECK(upwards.at(0) == doctest::Approx(400));
  CHECK(Scale(Scale::Kind::linear, {5, 5}, {0, 1}).at(5) == doctest::Approx(0));
}

TEST_CASE("the steps of a logarithmic axis enclose its values") {
  CHECK(logarithmic_steps(12, 180) == Steps{10, 20, 50, 100, 200});
  CHECK(logarithmic_steps(10, 100) == Steps{10, 20, 50, 100});
  CHECK(logarithmic_steps(30, 40) == Steps{20, 50});
  CHECK(logarithmic_steps(7, 7).size() == 2);
  CHECK(logarithmic_steps(100, 100).size() == 2);
  CHECK(logarithmic_steps(3, 70'000) == Steps{1, 10, 100, 1000, 10'000, 100'000});
}

TEST_CASE("each nine is as far from the last as the next one") {
  CHECK(nines(0) == doctest::Approx(0));
  CHECK(nines(0.9) == doctest::Approx(1));
  CHECK(nines(0.999) == doctest::Approx(3));
  CHECK(nines(1) == doctest::Approx(9));
}

TEST_CASE("names at the ends of lines keep their distance and their order, and stay inside") {
  CHECK(spread_out({100, 200}, 10, 0, 300) == Steps{100, 200});
  CHECK(spread_out({100, 101, 102}, 10, 0, 300) == Steps{100, 110, 120});
  CHECK(spread_out({295, 298, 299}, 10, 0, 300) == Steps{280, 290, 300});
  CHECK(spread_out({-5, 3}, 10, 0, 300) == Steps{0, 10});
  CHECK(spread_out({}, 10, 0, 300).empty());
}

TEST_CASE("texts in a picture are escaped") {
  CHECK(escape_xml("a < b & \"c\" > d") == "a &lt; b &amp; &quot;c&quot; &gt; d");
  Svg svg(10, 10, "<title>");
  CHECK(svg.to_string().find("<title>&lt;title&gt;</title>") != std::string::npos);
}

TEST_CASE("a line chart has a line and a name for each series that has points") {
  LineChart chart{
      .title = "t",
      .subtitle = "s",
      .x_label = "x",
      .y_label = "y",
      .x_ticks = {{0, "first"}, {1, "last"}},
      .y_format = plain,
      .series = {{"one", {{0, 10}, {1, 100}}, 0}, {"two", {{0, 20}, {1, 30}}, 1}, {"none", {}, 2}}};
  const std::string svg = to_svg(chart);
  CHECK(count(svg, "<polyline") == 2);
  CHECK(count(svg, ">one</text>") == 1);
  CHECK(count(svg, ">none</text>") == 0);
  CHECK(count(svg, ">first</text>") == 1);
  // The first one is drawn last, in front.
  CHECK(svg.find("stroke-width=\"1.8\"") < svg.find("stroke-width=\"3.2\""));
  chart.series.resize(0);
  CHECK(to_svg(chart).empty());
}

TEST_CASE("a bar chart has two rectangles for each bar, the longest of a panel as long as there is room") {
  const BarChart chart{.title = "t",
                       .subtitle = "s",
                       .panels = {{"one", {{"a", 1, 1, "2 µs", 0}, {"b", 4, 0, "4 µs", 1}}},
                                  {"two", {{"a", 400, 0, "400 µs", 0}}},
                                  {"empty", {}}}};
  const std::string svg = to_svg(chart);
  CHECK(count(svg, "<rect") == 1 + 2 * 3);  // and the background
  CHECK(count(svg, "width=\"252.0\"") == 2);
  CHECK(count(svg, "width=\"63.0\"") == 2);
  CHECK(count(svg, ">empty</text>") == 0);
  CHECK(to_svg(BarChart{}).empty());
}

}  // namespace weir::bench::chart
