#include "lb/admin/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "lb/admin/timestamp.h"

namespace weir::admin {

std::string Paint::text(std::string_view code, std::string_view text) const {
  return fmt::format("{}{}{}", (*this)(code), text, (*this)(kPlain));
}

std::string age(double seconds) {
  constexpr double kMost = 1e15;
  const auto whole = static_cast<std::int64_t>(std::min(std::max(seconds, 0.0), kMost));
  const std::int64_t days = whole / 86400, hours = whole / 3600 % 24, minutes = whole / 60 % 60;
  if (days > 0) return fmt::format("{}d {}h", days, hours);
  if (hours > 0) return fmt::format("{}h {}m", hours, minutes);
  if (minutes > 0) return fmt::format("{}m {}s", minutes, whole % 60);
  return fmt::format("{}s", whole);
}

std::string protocol_label(std::string_view protocol, bool http2) {
  return fmt::format("{}{}", protocol, http2 ? "+h2" : "");
}

std::string expiry_text(std::string_view subject, std::string_view listener, double seconds_left) {
  const std::string what = fmt::format("certificate {} of listener {}", subject, listener);
  if (seconds_left <= 0) return fmt::format("{} has expired {} ago", what, age(-seconds_left));
  return fmt::format("{} expires in {}", what, age(seconds_left));
}

double seconds_between(std::string_view from, std::string_view to) {
  const auto begin = parse_timestamp(from);
  const auto end = parse_timestamp(to);
  if (!begin || !end) return 0;
  return std::chrono::duration<double>(*end - *begin).count();
}

}  // namespace weir::admin
