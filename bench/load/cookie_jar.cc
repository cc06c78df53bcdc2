#include "bench/load/cookie_jar.h"

#include <algorithm>

#include "lb/base/text.h"

namespace weir::bench {
namespace {

// Cuts the part up to `separator` off the front of `text`.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return base::trim(part);
}

bool deletes(std::string_view attributes) {
  while (!attributes.empty()) {
    std::string_view value = cut(attributes, ';');
    const std::string_view name = cut(value, '=');
    if (base::equals_ignoring_case(name, "Max-Age"))
      return value.starts_with('-') || base::trim(value) == "0";
    if (base::equals_ignoring_case(name, "Expires") && value.contains("1970")) return true;
  }
  return false;
}

}  // namespace

void CookieJar::set(std::string_view set_cookie) {
  std::string_view value = cut(set_cookie, ';');
  if (!value.contains('=')) return;
  const std::string_view name = cut(value, '=');
  if (name.empty()) return;
  const auto known = std::ranges::find(cookies_, name, &std::pair<std::string, std::string>::first);
  if (deletes(set_cookie)) {
    if (known != cookies_.end()) cookies_.erase(known);
  } else if (known != cookies_.end()) {
    known->second = base::trim(value);
  } else {
    if (cookies_.size() == kMost) cookies_.erase(cookies_.begin());
    cookies_.emplace_back(name, base::trim(value));
  }
  write();
}

void CookieJar::write() {
  value_.clear();
  for (const auto& [name, value] : cookies_) {
    if (!value_.empty()) value_ += "; ";
    value_.append(name).append("=").append(value);
  }
}

}  // namespace weir::bench
