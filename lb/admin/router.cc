#include "lb/admin/router.h"

#include <algorithm>
#include <optional>

#include "lb/admin/percent.h"

namespace weir::admin {
namespace {

constexpr std::string_view kAny = "{}";

std::string_view word(http::Method method) {
  switch (method) {
    case http::Method::get: return "GET, HEAD";
    case http::Method::post: return "POST";
    case http::Method::put: return "PUT";
    case http::Method::delete_: return "DELETE";
    default: return "";
  }
}

std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

// The segments of `path` under {} if it fits the pattern. Both begin with '/'.
std::optional<std::vector<std::string_view>> fit(std::string_view pattern, std::string_view path) {
  if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) return std::nullopt;
  std::vector<std::string_view> captures;
  while (!pattern.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view found = take_segment(path);
    if (wanted == kAny && !found.empty()) {
      captures.push_back(found);
    } else if (wanted != found) {
      return std::nullopt;
    }
  }
  return path.empty() ? std::optional(std::move(captures)) : std::nullopt;
}

bool decode(std::string_view segment, std::vector<std::string>& to) {
  auto text = decode_percent(segment);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!text || std::ranges::any_of(*text, is_control)) return false;
  to.push_back(*std::move(text));
  return true;
}

}  // namespace

RouteMatch match(std::span<const std::span<const Route>> families, http::Method method,
                 std::string_view path) {
  if (method == http::Method::head) method = http::Method::get;
  RouteMatch result;
  for (const std::span<const Route> family : families) {
    for (const Route& route : family) {
      const auto segments = fit(route.pattern, path);
      if (!segments) continue;
      if (result.allow.empty()) result.access = route.access;
      result.allow += result.allow.empty() ? "" : ", ";
      result.allow += word(route.method);
      if (route.method != method) continue;
      result.route = &route;
      result.access = route.access;
      for (const std::string_view segment : *segments)
        result.well_encoded = decode(segment, result.captures) && result.well_encoded;
    }
  }
  return result;
}

}  // namespace weir::admin
