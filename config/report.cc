#include "config/report.h"

#include <algorithm>
#include <tuple>

namespace weir::config {
namespace {

constexpr std::size_t kLongestLine = 300;
// More of them help nobody, and each costs memory.
constexpr std::size_t kMostFindings = 1000;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

Quote quote(const Where& where) {
  std::string_view line = where.source->line(where.offset);
  std::size_t begin = std::min(where.offset - where.source->line_begin(where.offset), line.size());
  if (line.size() > kLongestLine) {
    std::size_t from = begin - std::min(begin, kLongestLine / 3);
    while (from < begin && continues_character(line[from])) ++from;
    std::size_t to = std::min(from + kLongestLine, line.size());
    while (to > begin && to < line.size() && continues_character(line[to])) --to;
    line = line.substr(from, to - from);
    begin -= from;
  }
  return {std::string(line), begin, std::min(where.length, line.size() - begin)};
}

std::string id_of(Message message) {
  std::string id(form_of(message).name);
  std::ranges::replace(id, '_', '-');
  return id;
}

Where where_of(const Node& node, std::string path) {
  return {.source = node.source,
          .file = {},
          .offset = node.offset,
          .length = node.length,
          .path = std::move(path)};
}

Where where_at(const Source& source, std::size_t offset, std::size_t length) {
  return {.source = &source, .file = {}, .offset = offset, .length = length, .path = {}};
}

Where whole_file(std::string name, std::string path) {
  return {.source = nullptr, .file = std::move(name), .offset = 0, .length = 0, .path = std::move(path)};
}

void Report::add_text(Message message, const Where& where, std::string text, std::string hint) {
  if (found_.size() >= kMostFindings) {
    if (form_of(message).severity == Severity::error) ++errors_;
    return;
  }
  // What is reached through several aliases is written, and wrong, once.
  if (where.source != nullptr && !seen_.emplace(where.source, where.offset, text).second) return;
  Diagnostic diagnostic{.severity = form_of(message).severity,
                        .id = id_of(message),
                        .place = {.file = where.file},
                        .path = where.path,
                        .message = std::move(text),
                        .hint = std::move(hint),
                        .source = {}};
  if (where.source != nullptr) {
    diagnostic.place = where.source->place(where.offset);
    Quote quoted = quote(where);
    diagnostic.source = std::move(quoted.line);
    diagnostic.begin = quoted.begin;
    diagnostic.length = quoted.length;
  }
  if (diagnostic.severity == Severity::error) ++errors_;
  found_.push_back({.order = where.source == nullptr ? 0 : where.source->order(),
                    .offset = where.offset,
                    .turn = found_.size(),
                    .diagnostic = std::move(diagnostic)});
}

Diagnostics Report::take() {
  std::ranges::sort(found_, {}, [](const Found& found) {
    return std::tuple(found.diagnostic.severity, found.order, found.offset, found.turn);
  });
  Diagnostics result;
  for (Found& found : found_) result.push_back(std::move(found.diagnostic));
  found_.clear();
  return result;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 80;
  if (text.size() <= kMost) return std::string(text);
  std::size_t end = kMost;
  while (end > 0 && continues_character(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace weir::config
