#include "config/plan/action_words.h"

#include <fmt/format.h>

#include "config/keys/units.h"
#include "lb/base/text.h"

namespace weir::config {

using model::Action;
using model::ForwardAction;
using model::RedirectAction;
using model::RespondAction;

namespace {

constexpr std::size_t kMostGroups = 10;

std::string words(const ForwardAction& action) {
  std::string text = "forwards to ";
  const bool plain = action.groups.size() == 1 && action.groups.front().weight == 1;
  for (std::size_t i = 0; i < std::min(action.groups.size(), kMostGroups); ++i) {
    const model::WeightedGroup& group = action.groups[i];
    if (i > 0) text += ", ";
    text += base::escape(group.target_group);
    if (!plain) text += fmt::format(" ({})", group.weight);
  }
  if (action.groups.size() > kMostGroups)
    text += fmt::format(" and {} more", action.groups.size() - kMostGroups);
  if (action.stickiness) text += ", sticky for " + format_duration(*action.stickiness);
  return text;
}

// What is not written stays as the client asked for it.
std::string words(const RedirectAction& action) {
  const auto part = [](const model::Template& text, std::string_view asked) {
    return text.parts.empty() ? std::string(asked) : to_string(text);
  };
  std::string url = part(action.scheme, "#{scheme}") + "://" + part(action.host, "#{host}");
  if (!action.port.parts.empty()) url += ":" + to_string(action.port);
  url += part(action.path, "/#{path}");
  if (!action.query.parts.empty()) url += "?" + to_string(action.query);
  return fmt::format("redirects with {} to {}", action.status, base::escape(url));
}

std::string words(const RespondAction& action) { return fmt::format("answers {}", action.status); }

}  // namespace

std::string action_words(const Action& action) {
  return std::visit([](const auto& which) { return words(which); }, action);
}

std::optional<std::string> new_action(const Action& before, const Action& after) {
  const bool other_kind = before.index() != after.index();
  if (!other_kind && (before == after || !std::holds_alternative<ForwardAction>(after))) return std::nullopt;
  return "now " + action_words(after);
}

std::optional<std::string> new_content(const Action& before, const Action& after) {
  const auto* const old = std::get_if<RespondAction>(&before);
  const auto* const now = std::get_if<RespondAction>(&after);
  if (old == nullptr || now == nullptr || now->body_file.empty()) return std::nullopt;
  if (old->body_file != now->body_file || old->body == now->body) return std::nullopt;
  return fmt::format("the content of {} has changed", base::escape(now->body_file));
}

}  // namespace weir::config
