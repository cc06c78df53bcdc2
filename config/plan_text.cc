#include "config/plan_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>

namespace weir::config {
namespace {

using Json = nlohmann::ordered_json;

using ChangeKind = Change::Kind;

constexpr std::string_view kNothing = "no changes";
constexpr std::string_view kRestart = " (needs restart)";
constexpr std::string_view kPlain = "\x1b[0m";

struct Look {
  char sign;
  std::string_view word;
  std::string_view colour;
};

Look look_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added: return {'+', "added", "\x1b[32m"};
    case ChangeKind::removed: return {'-', "removed", "\x1b[31m"};
    case ChangeKind::changed: break;
  }
  return {'~', "changed", "\x1b[33m"};
}

std::string_view restart_of(const Change& change) {
  return change.needs_restart ? kRestart : std::string_view();
}

// In a sentence the words say by themselves that something changes.
void append_change(std::string& line, const Change& change) {
  if (change.kind != ChangeKind::changed) line += fmt::format("{} ", look_of(change.kind).sign);
  line += change.text;
  line += restart_of(change);
}

void append_subject(std::string& line, std::span<const Change> changes, std::size_t most) {
  if (!line.empty()) line += "; ";
  line += changes.front().subject + ": ";
  const auto shown = changes.first(std::min(most, changes.size()));
  for (const Change& change : shown) {
    if (&change != shown.data()) line += "; ";
    append_change(line, change);
  }
  if (shown.size() < changes.size()) line += fmt::format(" and {} more", changes.size() - shown.size());
}

}  // namespace

std::string plan_line(const Plan& plan, const PlanBounds& bounds) {
  if (plan.empty()) return std::string(kNothing);
  std::string line;
  std::size_t left = bounds.of_all;
  std::span<const Change> rest = plan.changes;
  while (!rest.empty() && left > 0) {
    const auto end = std::ranges::find_if(
        rest, [&](const Change& change) { return change.subject != rest.front().subject; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    const std::size_t most = std::min(bounds.of_subject, left);
    append_subject(line, rest.first(count), most);
    left -= std::min(most, count);
    rest = rest.subspan(count);
  }
  if (!rest.empty()) line += fmt::format("; and {} more change{}", rest.size(), rest.size() == 1 ? "" : "s");
  return line;
}

std::string plan_text(const Plan& plan, Colour colour) {
  if (plan.empty()) return fmt::format("{}\n", kNothing);
  std::string text;
  for (const Change& change : plan.changes) {
    const Look look = look_of(change.kind);
    const bool on = colour == Colour::on;
    text += fmt::format("{}{}{} {}: {}{}\n", on ? look.colour : "", look.sign, on ? kPlain : "",
                        change.subject, change.text, restart_of(change));
  }
  return text;
}

std::string plan_json(const Plan& plan) {
  Json list = Json::array();
  for (const Change& change : std::span(plan.changes).first(std::min(plan.changes.size(), kMostListed))) {
    list.push_back({{"subject", change.subject},
                    {"kind", look_of(change.kind).word},
                    {"text", change.text},
                    {"needs_restart", change.needs_restart}});
  }
  const Json document{
      {"changes", std::move(list)}, {"total", plan.changes.size()}, {"needs_restart", plan.needs_restart()}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::config
