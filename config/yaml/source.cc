#include "config/yaml/source.h"

#include <algorithm>

namespace weir::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kCountedBytes = 4096;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

Source::Source(std::string name, std::string text, std::size_t order)
    : name_(std::move(name)), text_(std::move(text)), order_(order) {
  if (text_.starts_with(kByteOrderMark)) text_.erase(0, kByteOrderMark.size());
  line_begins_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_begins_.push_back(i + 1);
  }
}

std::size_t Source::line_begin(std::size_t offset) const {
  return *std::prev(std::ranges::upper_bound(line_begins_, offset));
}

std::string_view Source::line(std::size_t offset) const {
  const std::size_t begin = line_begin(offset);
  std::string_view line = text().substr(begin);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

model::Place Source::place(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next_line = std::ranges::upper_bound(line_begins_, offset);
  const std::string_view before = text().substr(*std::prev(next_line), offset - *std::prev(next_line));
  const std::string_view counted = before.substr(0, kCountedBytes);
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(counted, begins_character));
  return {.file = name_,
          .line = static_cast<int>(next_line - line_begins_.begin()),
          .column = static_cast<int>(characters + (before.size() - counted.size()) + 1)};
}

std::size_t Source::offset(const model::Place& place) const {
  const std::size_t line =
      std::clamp<std::size_t>(static_cast<std::size_t>(place.line), 1, line_begins_.size());
  const std::size_t begin = line_begins_[line - 1];
  const std::string_view rest = text().substr(begin);
  std::size_t left = static_cast<std::size_t>(std::max(place.column, 1));
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if ((i >= kCountedBytes || begins_character(rest[i])) && --left == 0) return begin + i;
  }
  return text_.size();
}

std::size_t word_length(const Source& source, std::size_t offset) {
  const std::size_t end = source.line_begin(offset) + source.line(offset).size();
  if (offset >= end) return 0;
  const std::string_view rest = source.text().substr(offset, end - offset);
  if (const char quote = rest[0]; quote == '"' || quote == '\'') {
    std::size_t i = 1;
    while (i < rest.size() && rest[i] != quote) i += quote == '"' && rest[i] == '\\' ? 2 : 1;
    return std::min(i + 1, rest.size());
  }
  if (rest[0] == '{' || rest[0] == '[') return 1;
  std::size_t length = std::min(rest.find_first_of(" \t,]}"), rest.size());
  if (length > 1 && rest[length - 1] == ':') --length;  // a key
  return std::max<std::size_t>(length, 1);
}

}  // namespace weir::config
