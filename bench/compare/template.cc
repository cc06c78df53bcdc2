#include "bench/compare/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace weir::bench::compare {
namespace {

constexpr std::string_view kHost = "127.0.0.1";

// The text behind `@word NAME@` at the beginning of a line, and the name.
struct Condition {
  std::string_view flag;
  std::string_view rest;
};

std::optional<Condition> condition(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return std::nullopt;
  const std::size_t end = line.find('@', word.size());
  if (end == std::string_view::npos) return std::nullopt;
  return Condition{line.substr(word.size(), end - word.size()), line.substr(end + 1)};
}

// The line without its mark; absent where it is left out.
std::optional<std::string_view> kept(std::string_view line, const TemplateValues& values) {
  if (const auto if_set = condition(line, "@if ")) {
    return values.flags.contains(if_set->flag) ? std::optional(if_set->rest) : std::nullopt;
  }
  if (const auto unless_set = condition(line, "@unless ")) {
    return values.flags.contains(unless_set->flag) ? std::nullopt : std::optional(unless_set->rest);
  }
  return line;
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

bool is_repeated(std::string_view line) {
  return line.find("@TARGET") != std::string_view::npos || line.find("@NUMBER@") != std::string_view::npos;
}

// Appends the line with its names replaced; returns the name that has no value.
std::optional<std::string> replace(std::string_view line, const TemplateValues& values, std::string& out) {
  while (!line.empty()) {
    const std::size_t begin = line.find('@');
    const std::size_t end = begin == std::string_view::npos ? begin : line.find('@', begin + 1);
    if (end == std::string_view::npos) break;
    const std::string_view name = line.substr(begin + 1, end - begin - 1);
    out += line.substr(0, begin);
    if (!is_name(name)) {  // an @ of the configuration's own
      out += '@';
      line.remove_prefix(begin + 1);
      continue;
    }
    const auto value = values.values.find(name);
    if (value == values.values.end()) return std::string(name);
    out += value->second;
    line.remove_prefix(end + 1);
  }
  out += line;
  out += '\n';
  return std::nullopt;
}

std::optional<std::string> repeat(std::string_view line, TemplateValues values, std::string& out) {
  for (std::size_t i = 0; i < values.targets.size(); ++i) {
    values.values["TARGET"] = fmt::format("{}:{}", kHost, values.targets[i]);
    values.values["TARGET_HOST"] = kHost;
    values.values["TARGET_PORT"] = std::to_string(values.targets[i]);
    values.values["NUMBER"] = std::to_string(i + 1);
    if (i < values.zones.size()) values.values["ZONE"] = values.zones[i];
    if (auto missing = replace(line, values, out)) return missing;
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::string, std::string> fill_template(std::string_view text, const TemplateValues& values) {
  std::string out;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const auto line = kept(text.substr(0, end), values);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line) continue;
    const auto missing = is_repeated(*line) ? repeat(*line, values, out) : replace(*line, values, out);
    if (missing) return std::unexpected(fmt::format("line {}: @{}@ has no value", number, *missing));
  }
  return out;
}

}  // namespace weir::bench::compare
