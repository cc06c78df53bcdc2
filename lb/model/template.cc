#include "lb/model/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lb/base/text.h"

namespace weir::model {
namespace {

using Variable = Template::Variable;

constexpr std::array<std::string_view, Template::kVariables> kVariableNames = {
    "",       "scheme",     "host", "port",   "path",     "query",
    "client", "request_id", "zone", "target", "listener", "rule"};

TemplateError unknown(std::size_t at, std::string_view name, std::span<const Variable> allowed) {
  std::string known;
  for (const Variable variable : allowed) {
    known += fmt::format("{}#{{{}}}", known.empty() ? "" : ", ", to_string(variable));
  }
  return {at, std::string(name),
          fmt::format("unknown variable '#{{{}}}'; here are {}", base::escape(name), known)};
}

}  // namespace

std::string_view to_string(Variable variable) { return kVariableNames[static_cast<std::size_t>(variable)]; }

std::expected<Template, TemplateError> parse_template(std::string_view text,
                                                      std::span<const Variable> allowed) {
  Template result;
  std::size_t at = 0;
  for (;;) {
    const std::size_t open = text.find("#{", at);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      return std::unexpected(TemplateError{open, {}, "'#{' without a '}' behind it"});
    }
    const std::string_view name = text.substr(open + 2, close - open - 2);
    const auto variable = std::ranges::find(allowed, name, [](Variable each) { return to_string(each); });
    if (variable == allowed.end()) return std::unexpected(unknown(open, name, allowed));
    result.parts.push_back({std::string(text.substr(at, open - at)), *variable});
    at = close + 1;
  }
  if (at < text.size() || result.parts.empty()) {
    result.parts.push_back({std::string(text.substr(at)), Variable::none});
  }
  return result;
}

std::string to_string(const Template& text) {
  std::string result;
  for (const Template::Part& part : text.parts) {
    result += part.text;
    if (part.variable != Variable::none) result += fmt::format("#{{{}}}", to_string(part.variable));
  }
  return result;
}

}  // namespace weir::model
