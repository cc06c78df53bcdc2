#include "lb/server/demo_faults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ranges>

namespace weir::server {
namespace {

constexpr std::string_view kBreak = "/break/";
constexpr std::string_view kHeal = "/heal/";

}  // namespace

DemoFaults::DemoFaults(const std::vector<std::string>& zones) {
  for (const std::string& zone : zones) broken_until_.emplace(zone, base::Instant::min());
}

bool DemoFaults::is_broken(std::string_view zone, base::Instant now) const {
  const auto found = broken_until_.find(zone);
  return found != broken_until_.end() && now < found->second;
}

std::optional<DemoFaults::Page> DemoFaults::act(http::Method method, std::string_view target,
                                                base::Instant now) {
  const std::string_view path = target.substr(0, target.find('?'));
  const bool breaks = path.starts_with(kBreak);
  if (!breaks && !path.starts_with(kHeal)) return std::nullopt;
  if (method != http::Method::get && method != http::Method::post) return Page{405, ""};
  const auto zone = broken_until_.find(path.substr(breaks ? kBreak.size() : kHeal.size()));
  if (zone == broken_until_.end()) {
    Page none = page("There is no such zone",
                     fmt::format("The zones are {}.", fmt::join(std::views::keys(broken_until_), ", ")), "");
    none.status = 404;
    return none;
  }
  const std::string& name = zone->first;
  if (!breaks) {
    zone->second = base::Instant::min();
    return page(fmt::format("Zone {} works again", name),
                "Its clocks answer. After two checks that pass, weir sends them requests again.",
                fmt::format("<a href=\"/break/{}\">Break it again</a>", name));
  }
  zone->second = now + kTime;
  return page(
      fmt::format("Zone {} is broken", name),
      fmt::format("For {} s its clocks drop every connection without an answer.\n"
                  "<p>weir asks other clocks instead, and stops asking these: watch the targets, and\n"
                  "the errors, which stay 0 while another zone works.",
                  std::chrono::duration_cast<std::chrono::seconds>(kTime).count()),
      fmt::format("<a href=\"/heal/{}\">Mend it now</a>", name));
}

DemoFaults::Page DemoFaults::page(std::string_view title, std::string_view text,
                                  std::string_view link) const {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title>\n<h1>{0}</h1>\n"
      "<p>{1}\n",
      title, text);
  if (!link.empty()) html += fmt::format("<p>{}\n", link);
  if (!dashboard_.empty()) html += fmt::format("<p><a href=\"{0}\">The dashboard: {0}</a>\n", dashboard_);
  return {200, std::move(html)};
}

}  // namespace weir::server
