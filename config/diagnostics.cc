#include "config/diagnostics.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace weir::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kRed = "\033[1;31m";
constexpr std::string_view kYellow = "\033[1;33m";
constexpr std::string_view kReset = "\033[0m";

// One character of UTF-8 text, and how a terminal shows it.
constexpr char32_t kNoCharacter = 0x80;  // stands for a byte that is no UTF-8; dangerous like its neighbours

struct Character {
  char32_t code;
  std::size_t bytes;
};

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t bytes = byte(0) < 0xC0 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (bytes == 1 || text.size() < bytes) return {kNoCharacter, 1};
  char32_t code = byte(0) & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {kNoCharacter, 1};
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  return {code, bytes};
}

struct Range {
  char32_t first;
  char32_t last;
};

bool in_ranges(char32_t code, const auto& ranges) {
  return std::ranges::any_of(
      ranges, [code](const Range& range) { return range.first <= code && code <= range.last; });
}

// Controls, and the marks that turn the direction of text around and so hide what stands there.
bool is_dangerous(char32_t code) {
  constexpr Range kDangerous[] = {
      {0, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
  return in_ranges(code, kDangerous);
}

// The columns that a terminal gives it: the large blocks of Unicode's East Asian Width.
std::size_t columns(char32_t code) {
  constexpr Range kNone[] = {{0x300, 0x36F}, {0x200B, 0x200D}, {0xFE00, 0xFE0F}};
  constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
                             {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                             {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  if (in_ranges(code, kNone)) return 0;
  return in_ranges(code, kWide) ? 2 : 1;
}

// Safe for a terminal or a log line.
std::string harmless(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Character c = first_character(text);
    if (is_dangerous(c.code)) {
      result += c.bytes == 1 ? fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0])) : "?";
    } else {
      result += text.substr(0, c.bytes);
    }
    text.remove_prefix(c.bytes);
  }
  return result;
}

// The line, and under it the caret: tabs stay tabs in both, so that they line up.
struct Excerpt {
  std::string line;
  std::string caret;
};

Excerpt excerpt(std::string_view source, std::size_t begin, std::size_t length) {
  Excerpt result;
  const std::string_view text = source;
  const std::size_t end = begin + length;
  std::size_t at = 0;
  while (at < text.size()) {
    const Character c = first_character(text.substr(at));
    const bool tab = c.code == '\t';
    const bool hidden = !tab && is_dangerous(c.code);
    result.line += hidden ? "?" : std::string(text.substr(at, c.bytes));
    if (at < begin) {
      result.caret += tab ? "\t" : std::string(hidden ? 1 : columns(c.code), ' ');
    } else if (at < end) {
      result.caret.append(std::max<std::size_t>(columns(c.code), 1), '^');
    }
    at += c.bytes;
  }
  if (begin >= text.size()) result.caret += '^';  // at the end of the line
  return result;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_character(text).bytes);
  return count;
}

template <class Message>
void add_place(nlohmann::ordered_json& json, const Message& message) {
  json["file"] = message.place.file;
  if (message.place.line == 0) return;
  json["line"] = message.place.line;
  json["column"] = message.place.column;
  json["length"] = characters(std::string_view(message.source).substr(message.begin, message.length));
  json["source"] = message.source;
}

std::string place_text(const model::Place& place) {
  const std::string file = harmless(place.file);
  return place.line == 0 ? file : fmt::format("{}:{}:{}", file, place.line, place.column);
}

// The line that a diagnostic or a note points at.
template <class Message>
void append_excerpt(std::string& result, const Message& message, std::string_view colour) {
  if (message.place.line == 0 || message.source.empty()) return;
  const Excerpt shown = excerpt(message.source, message.begin, message.length);
  result += fmt::format("{:5} | {}\n      | {}{}{}\n", message.place.line, shown.line, colour, shown.caret,
                        colour.empty() ? std::string_view() : kReset);
}

void append_text(std::string& result, const Diagnostic& diagnostic, Colour colour) {
  const bool error = diagnostic.severity == Severity::error;
  const auto paint = [&](std::string_view code) { return colour == Colour::on ? code : std::string_view(); };
  result += fmt::format("{}{}: {}{}:{} ", paint(kBold), place_text(diagnostic.place),
                        paint(error ? kRed : kYellow), error ? "error" : "warning", paint(kReset));
  if (!diagnostic.path.empty()) result += harmless(diagnostic.path) + ": ";
  result += harmless(diagnostic.message);
  if (!diagnostic.hint.empty()) result += "; " + harmless(diagnostic.hint);
  result += '\n';
  append_excerpt(result, diagnostic, colour == Colour::on ? (error ? kRed : kYellow) : std::string_view());
  for (const Note& note : diagnostic.notes) {
    result += fmt::format("{}{}: note:{} {}\n", paint(kBold), place_text(note.place), paint(kReset),
                          harmless(note.message));
    append_excerpt(result, note, paint(kBold));
  }
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const auto& each) { return each.severity == Severity::error; });
}

std::string to_text(const Diagnostics& diagnostics, Colour colour) {
  std::string result;
  for (const Diagnostic& diagnostic : diagnostics) append_text(result, diagnostic, colour);
  return result;
}

std::string to_json(const Diagnostics& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& each : diagnostics) {
    Json json{{"severity", each.severity == Severity::error ? "error" : "warning"}, {"id", each.id}};
    add_place(json, each);
    json["path"] = each.path;
    json["message"] = each.message;
    if (!each.hint.empty()) json["hint"] = each.hint;
    for (const Note& note : each.notes) {
      Json& added = json["notes"].emplace_back();
      add_place(added, note);
      added["message"] = note.message;
    }
    list.push_back(std::move(json));
  }
  const Json report{{"valid", !has_errors(diagnostics)}, {"diagnostics", std::move(list)}};
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::config
