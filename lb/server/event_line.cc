#include "lb/server/event_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "lb/base/text.h"

namespace weir::server {
namespace {

constexpr std::size_t kLongestValue = 1024;

bool is_plain(char c) {
  return base::is_digit(c) || (base::lower(c) >= 'a' && base::lower(c) <= 'z') ||
         std::string_view("._-:[]/").contains(c);
}

void add(std::string& fields, std::string_view key, const std::string& value) {
  if (value.empty()) return;
  if (!fields.empty()) fields += ' ';
  const bool plain = value.size() <= kLongestValue && std::ranges::all_of(value, is_plain);
  fields += plain ? fmt::format("{}={}", key, value)
                  : fmt::format("{}=\"{}\"", key, base::escape(value, kLongestValue));
}

// An operator's own words: there is nothing that they could not say.
bool is_free_reason(const admin::Event& event) { return event.kind == "shift"; }

// What a target has answered may be quoted in a detail.
bool passes_for_field(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return std::string_view("=\"\\").contains(c); });
}

}  // namespace

std::string sentence(const admin::Event& event) {
  std::string text = event.target_group.empty() ? "zone " + event.zone
                                                : fmt::format("target group {}{}{}", event.target_group,
                                                              event.target.empty() ? "" : ": ", event.target);
  if (!event.target_group.empty() && !event.zone.empty()) text += fmt::format(" ({})", event.zone);
  text += event.from.empty() ? ": " + event.to : fmt::format(": {} -> {}", event.from, event.to);
  if (!event.reason.empty() && !is_free_reason(event)) text += ", " + event.reason;
  if (!event.detail.empty() && !passes_for_field(event.detail)) text += ", " + event.detail;
  return text;
}

std::string event_fields(const admin::Event& event) {
  std::string fields;
  add(fields, "event", event.kind);
  add(fields, "target_group", event.target_group);
  add(fields, "target", event.target);
  add(fields, "zone", event.zone);
  add(fields, "from", event.from);
  add(fields, "to", event.to);
  add(fields, "reason", event.reason);
  add(fields, "detail", event.detail);
  return fields;
}

bool is_bad_news(const admin::Event& event) {
  static const std::set<std::string_view> bad_states = {"unhealthy", "ejected",    "nxdomain",
                                                        "empty",     "failed",     "truncated",
                                                        "partial",   "fails open", "refuses all requests"};
  return bad_states.contains(event.to);
}

}  // namespace weir::server
