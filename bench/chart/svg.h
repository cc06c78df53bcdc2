#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir::bench::chart {

struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

enum class Anchor { start, middle, end };

struct TextStyle {
  double size = 12;
  std::string_view color = "#3d4752";
  Anchor anchor = Anchor::start;
  bool bold = false;
};

struct Stroke {
  std::string_view color = "#3d4752";
  double width = 1;
};

// A picture that is put together from the background to the front. Its texts are escaped here.
class Svg {
 public:
  Svg(double width, double height, std::string_view title);

  void line(Point from, Point to, const Stroke& stroke);
  void polyline(std::span<const Point> points, const Stroke& stroke);
  void rectangle(Point corner, double width, double height, std::string_view color, double opacity = 1);
  // `at` is on the baseline.
  void text(Point at, std::string_view text, const TextStyle& style);
  // Reading upwards, centred at `at`.
  void upward_text(Point at, std::string_view text, const TextStyle& style);

  std::string to_string() const { return body_ + "</svg>\n"; }

 private:
  std::string body_;
};

// &, <, > and quotes as XML has them.
std::string escape_xml(std::string_view text);

}  // namespace weir::bench::chart
