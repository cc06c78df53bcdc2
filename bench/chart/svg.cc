#include "bench/chart/svg.h"

#include <fmt/format.h>

#include <iterator>

namespace weir::bench::chart {
namespace {

std::string_view name_of(Anchor anchor) {
  switch (anchor) {
    case Anchor::start: return "start";
    case Anchor::middle: return "middle";
    case Anchor::end: return "end";
  }
  return {};
}

std::string attributes(const TextStyle& style) {
  return fmt::format(R"(font-size="{:g}" fill="{}" text-anchor="{}"{})", style.size, style.color,
                     name_of(style.anchor), style.bold ? R"( font-weight="600")" : "");
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

Svg::Svg(double width, double height, std::string_view title) {
  body_ = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:g} {1:g}" width="{0:g}" height="{1:g}" )"
      R"(font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" role="img">)"
      "\n<title>{2}</title>\n",
      width, height, escape_xml(title));
  rectangle({0, 0}, width, height, "#ffffff");
}

void Svg::line(Point from, Point to, const Stroke& stroke) {
  fmt::format_to(std::back_inserter(body_),
                 R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="{:g}"/>)"
                 "\n",
                 from.x, from.y, to.x, to.y, stroke.color, stroke.width);
}

void Svg::polyline(std::span<const Point> points, const Stroke& stroke) {
  body_ += R"(<polyline fill="none" stroke-linejoin="round" stroke-linecap="round" points=")";
  for (const Point& point : points) {
    fmt::format_to(std::back_inserter(body_), "{:.1f},{:.1f} ", point.x, point.y);
  }
  fmt::format_to(std::back_inserter(body_),
                 R"(" stroke="{}" stroke-width="{:g}"/>)"
                 "\n",
                 stroke.color, stroke.width);
}

void Svg::rectangle(Point corner, double width, double height, std::string_view color, double opacity) {
  fmt::format_to(
      std::back_inserter(body_),
      R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" fill-opacity="{:g}"/>)"
      "\n",
      corner.x, corner.y, width, height, color, opacity);
}

void Svg::text(Point at, std::string_view text, const TextStyle& style) {
  fmt::format_to(std::back_inserter(body_),
                 R"(<text x="{:.1f}" y="{:.1f}" {}>{}</text>)"
                 "\n",
                 at.x, at.y, attributes(style), escape_xml(text));
}

void Svg::upward_text(Point at, std::string_view text, const TextStyle& style) {
  fmt::format_to(std::back_inserter(body_),
                 R"svg(<text transform="translate({:.1f} {:.1f}) rotate(-90)" {}>{}</text>)svg"
                 "\n",
                 at.x, at.y, attributes(style), escape_xml(text));
}

}  // namespace weir::bench::chart
