#include "lb/admin/reload_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

#include "config/plan_text.h"
#include "lb/admin/reply_text.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestLine = 2000;

config::Change change_of(const json& change) {
  using Kind = config::Change::Kind;
  const auto kind = change.at("kind").get<std::string>();
  return {.subject = base::escape(change.at("subject").get<std::string>()),
          .kind = kind == "added"     ? Kind::added
                  : kind == "removed" ? Kind::removed
                                      : Kind::changed,
          .text = base::escape(change.at("text").get<std::string>()),
          .needs_restart = change.at("needs_restart").get<bool>()};
}

std::string text_of(const json& document, Colour colour) {
  config::Plan plan;
  for (const json& change : document.at("changes")) plan.changes.push_back(change_of(change));
  std::string text = config::plan_text(plan, colour == Colour::on ? config::Colour::on : config::Colour::off);
  const auto total = document.at("total").get<std::size_t>();
  if (total > plan.changes.size()) text += fmt::format("and {} more\n", total - plan.changes.size());
  if (document.at("confirm_until").is_string()) {
    text += fmt::format("It is rolled back at {}, unless `weir confirm` comes before.\n",
                        base::escape(document.at("confirm_until").get<std::string>()));
  }
  return text;
}

}  // namespace

std::expected<std::string, std::string> reload_text(const Reply& reply, Colour colour) {
  try {
    return text_of(json::parse(reply.body), colour);
  } catch (const json::exception&) {
    return std::unexpected("the answer is none of weir's");
  }
}

std::string reload_refusal_text(const Reply& reply, const std::string& address) {
  const json document = json::parse(reply.body, nullptr, false);
  if (document.is_object() && document.contains("text") && document["text"].is_string()) {
    std::string text;
    std::string_view rest = document["text"].get_ref<const std::string&>();
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      text += base::escape(line, kLongestLine) + "\n";
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return text + "The configuration is refused; the old one stays in force.\n";
  }
  return fmt::format("weir reload: {}\n", base::escape(refusal_text(reply, address)));
}

}  // namespace weir::admin
