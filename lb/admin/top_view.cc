#include "lb/admin/top_view.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::admin {
namespace {

constexpr std::size_t kHeader = 8;  // about so many lines of a page are no news

// Longest first, of those that begin alike. Arrows have two forms, by the terminal's mode.
constexpr std::array<std::pair<std::string_view, TopKey>, 27> kKeys = {{
    {"\x1b[5~", TopKey::page_up},
    {"\x1b[6~", TopKey::page_down},
    {"\x1b[1~", TopKey::home},
    {"\x1b[7~", TopKey::home},
    {"\x1b[4~", TopKey::end},
    {"\x1b[8~", TopKey::end},
    {"\x1b[A", TopKey::up},
    {"\x1bOA", TopKey::up},
    {"\x1b[B", TopKey::down},
    {"\x1bOB", TopKey::down},
    {"\x1b[H", TopKey::home},
    {"\x1bOH", TopKey::home},
    {"\x1b[F", TopKey::end},
    {"\x1bOF", TopKey::end},
    {"q", TopKey::quit},
    {"Q", TopKey::quit},
    {"\x03", TopKey::quit},
    {"\x04", TopKey::quit},
    {"k", TopKey::up},
    {"j", TopKey::down},
    {"b", TopKey::page_up},
    {" ", TopKey::page_down},
    {"<", TopKey::home},
    {">", TopKey::end},
    {"G", TopKey::end},
    {"s", TopKey::sort},
    {"g", TopKey::group},
}};

// All, and then one after the other.
std::string next_group(const std::string& group, const std::vector<std::string>& groups) {
  if (group.empty()) return groups.empty() ? "" : groups.front();
  const auto found = std::ranges::find(groups, group);
  return found == groups.end() || found + 1 == groups.end() ? "" : *(found + 1);
}

// How many bytes an escape sequence that means nothing here takes.
std::size_t unknown(std::string_view bytes) {
  if (!bytes.starts_with("\x1b[")) return 1;
  const std::size_t end = bytes.find_first_not_of("0123456789;?", 2);
  return end == std::string_view::npos ? bytes.size() : end + 1;
}

}  // namespace

std::string_view word(TopSort sort) {
  static constexpr std::array<std::string_view, kTopSorts> kWords = {"trouble", "requests", "latency",
                                                                     "name"};
  return kWords[static_cast<std::size_t>(sort)];
}

std::vector<TopKey> top_keys(std::string_view bytes) {
  std::vector<TopKey> keys;
  while (!bytes.empty()) {
    const auto found =
        std::ranges::find_if(kKeys, [&](const auto& key) { return bytes.starts_with(key.first); });
    if (found != kKeys.end()) keys.push_back(found->second);
    bytes.remove_prefix(found != kKeys.end() ? found->first.size() : unknown(bytes));
  }
  return keys;
}

TopView after(TopView view, TopKey key, const std::vector<std::string>& groups, std::size_t most_scroll) {
  const std::size_t page = view.rows > kHeader + 1 ? view.rows - kHeader : 1;
  const auto back = [&](std::size_t lines) { view.scroll -= std::min(lines, view.scroll); };
  view.scroll = std::min(view.scroll, most_scroll);
  switch (key) {
    case TopKey::quit: break;
    case TopKey::up: back(1); break;
    case TopKey::down: view.scroll = std::min(view.scroll + 1, most_scroll); break;
    case TopKey::page_up: back(page); break;
    case TopKey::page_down: view.scroll = std::min(view.scroll + page, most_scroll); break;
    case TopKey::home: view.scroll = 0; break;
    case TopKey::end: view.scroll = most_scroll; break;
    case TopKey::sort:
      view.sort = static_cast<TopSort>((static_cast<std::size_t>(view.sort) + 1) % kTopSorts);
      view.scroll = 0;
      break;
    case TopKey::group:
      view.group = next_group(view.group, groups);
      view.scroll = 0;
      break;
  }
  return view;
}

}  // namespace weir::admin
