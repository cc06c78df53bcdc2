#include "config/plan/key_changes.h"

#include <fmt/format.h>

#include <unordered_map>
#include <vector>

#include "config/secret_keys.h"
#include "lb/base/text.h"

namespace weir::config {
namespace {

constexpr std::size_t kLongestValue = 80;
constexpr std::size_t kBeforeDifference = 20;  // of a long value, what is shown before it
constexpr std::size_t kMostItems = 8;          // of a long list

const Json kNone;

std::string below(const std::string& path, const std::string& key) {
  const std::string shown = base::escape(key, kLongestValue);
  return path.empty() ? shown : path + "." + shown;
}

// Of a long text the part from `from` on.
std::string part(std::string_view text, std::size_t from) {
  if (text.size() <= kLongestValue) return base::escape(text);
  from = std::min(from, text.size() - 1);
  return (from == 0 ? "" : "...") + base::escape(text.substr(from), kLongestValue);
}

// Long values are shown around their first difference.
std::string arrow(std::string_view before, std::string_view after) {
  const auto differ = std::ranges::mismatch(before, after).in1;
  const auto same = static_cast<std::size_t>(differ - before.begin());
  const std::size_t from = same <= kLongestValue / 2 ? 0 : same - kBeforeDifference;
  return part(before, from) + " -> " + part(after, from);
}

bool is_plain(const Json& list) {
  return std::ranges::none_of(list, [](const Json& item) { return item.is_structured(); });
}

using Texts = std::vector<std::string>;

Texts sorted_texts(const Json& list) {
  Texts texts;
  texts.reserve(list.size());
  for (const Json& item : list) texts.push_back(value_text(item));
  std::ranges::sort(texts);
  return texts;
}

void append_items(std::string& words, const char* sign, const Texts& items) {
  for (std::size_t i = 0; i < std::min(items.size(), kMostItems); ++i)
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", sign, part(items[i], 0));
  if (items.size() > kMostItems) words += fmt::format(" and {} more", items.size() - kMostItems);
}

// What came into a list and what left it; empty: the same in another order.
std::string list_words(const Json& before, const Json& after) {
  const Texts old = sorted_texts(before), now = sorted_texts(after);
  Texts added, removed;
  std::ranges::set_difference(now, old, std::back_inserter(added));
  std::ranges::set_difference(old, now, std::back_inserter(removed));
  std::string words;
  append_items(words, "+", added);
  append_items(words, "-", removed);
  return words;
}

void compare_lists(const std::string& path, const Json& before, const Json& after,
                   const OnKeyChange& on_change) {
  if (!is_plain(before) || !is_plain(after)) {
    if (before.size() != after.size()) return on_change({path, list_words(before, after)});
    for (std::size_t i = 0; i < before.size(); ++i)
      compare_values(fmt::format("{}[{}]", path, i), before[i], after[i], on_change);
    return;
  }
  const std::string old = value_text(before), now = value_text(after);
  if (old.size() <= kLongestValue && now.size() <= kLongestValue) return on_change({path, arrow(old, now)});
  const std::string words = list_words(before, after);
  on_change({path, words.empty() ? "in another order" : words});
}

void compare_maps(const std::string& path, const Json& before, const Json& after,
                  const OnKeyChange& on_change) {
  std::unordered_map<std::string_view, const Json*> old;
  for (const auto& [key, value] : before.items()) old.emplace(key, &value);
  bool any = false;
  const auto compare = [&](const std::string& key, const Json& from, const Json& to) {
    any = any || from != to;
    compare_values(below(path, key), from, to, on_change);
  };
  for (const auto& [key, value] : after.items()) {
    const auto found = old.find(key);
    compare(key, found == old.end() ? kNone : *found->second, value);
    if (found != old.end()) old.erase(found);
  }
  for (const auto& [key, value] : before.items()) {
    if (old.contains(key)) compare(key, value, kNone);
  }
  if (!any) on_change({path, "in another order"});
}

}  // namespace

std::string value_text(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return text.empty() ? "''" : text;
  }
  if (!value.is_structured()) return value.dump();
  if (value.is_array() && value.size() == 1) return value_text(value.front());
  std::string text;
  for (const auto& [key, item] : value.items()) {
    if (!text.empty()) text += ", ";
    if (value.is_object()) text += key + ": ";
    text += value_text(item);
  }
  if (value.is_array()) return "[" + text + "]";
  return text.empty() ? "{}" : "{ " + text + " }";
}

void compare_values(const std::string& path, const Json& before, const Json& after,
                    const OnKeyChange& on_change) {
  if (before == after) return;
  if (is_secret(path)) return on_change({path, "has changed"});
  if (before.is_object() && after.is_object()) return compare_maps(path, before, after, on_change);
  if (before.is_array() && after.is_array()) return compare_lists(path, before, after, on_change);
  on_change({path, arrow(value_text(before), value_text(after))});
}

}  // namespace weir::config
