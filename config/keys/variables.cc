#include "config/keys/variables.h"

#include <unistd.h>

#include <algorithm>

namespace weir::config {
namespace {

using Kind = VariableProblem::Kind;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_variable_name(std::string_view name) {
  return !name.empty() && is_letter(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// `inside` is what stands between the braces of a variable that begins at `begin`.
std::expected<std::string, VariableProblem> look_up(std::string_view inside, std::size_t begin,
                                                    const Environment& environment) {
  const std::size_t separator = inside.find(":-");
  const std::string_view name = inside.substr(0, separator);
  const auto problem = [&](Kind kind) {
    return std::unexpected(VariableProblem{kind, std::string(name), begin, inside.size() + 3});
  };
  if (!is_variable_name(name)) return problem(Kind::not_a_name);
  const auto found = environment.find(name);
  if (separator != std::string_view::npos) {
    const bool usable = found != environment.end() && !found->second.empty();
    return usable ? found->second : std::string(inside.substr(separator + 2));
  }
  if (found == environment.end()) return problem(Kind::unset);
  return found->second;
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::expected<std::string, VariableProblem> expand_variables(std::string_view text,
                                                             const Environment& environment) {
  std::string result;
  std::size_t done = 0;
  while (true) {
    const std::size_t dollar = text.find("${", done);
    if (dollar == std::string_view::npos) return result += text.substr(done);
    result += text.substr(done, dollar - done);
    if (dollar > done && text[dollar - 1] == '$') {
      result += '{';  // its dollar is there already
      done = dollar + 2;
      continue;
    }
    const std::size_t end = text.find('}', dollar);
    if (end == std::string_view::npos) return std::unexpected(VariableProblem{Kind::unclosed, "", dollar, 2});
    auto replacement = look_up(text.substr(dollar + 2, end - dollar - 2), dollar, environment);
    if (!replacement) return std::unexpected(replacement.error());
    result += *replacement;
    done = end + 1;
  }
}

std::string protect_variables(std::string text) {
  for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 3))
    text.insert(at, 1, '$');
  return text;
}

}  // namespace weir::config
