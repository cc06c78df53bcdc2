#include "lb/admin/timestamp.h"

#include <fmt/format.h>

#include "lb/base/text.h"

namespace weir::admin {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kForm = "0000-00-00T00:00:00.000Z";  // a 0 stands for a digit

bool has_form(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !base::is_digit(text[i]) : text[i] != kForm[i]) return false;
  }
  return true;
}

}  // namespace

std::string timestamp(base::WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<milliseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::optional<base::WallTime> parse_timestamp(std::string_view text) {
  if (!has_form(text)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    return static_cast<int>(*base::parse_decimal(text.substr(at, size)));
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) +
         std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2)) +
         milliseconds(number(20, 3));
}

}  // namespace weir::admin
