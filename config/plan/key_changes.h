#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "config/keys/table.h"

// Differences of settings, by the keys of the file. What is compared is what the tables write, so that a new
// key is covered as soon as it has its field.
namespace weir::config {

struct KeyChange {
  std::string path;   // "timeouts.idle"
  std::string words;  // "1m -> 30s"
  std::string text() const { return path.empty() ? words : path + ": " + words; }
};

using OnKeyChange = std::function<void(const KeyChange&)>;

// A value as the YAML would have it on one line. Not escaped.
std::string value_text(const Json& value);

void compare_values(const std::string& path, const Json& before, const Json& after,
                    const OnKeyChange& on_change);

template <class Owner>
void compare_keys(const Table<Owner>& table, const Owner& before, const Owner& after,
                  std::initializer_list<std::string_view> except, const OnKeyChange& on_change) {
  for (const Field<Owner>& field : table.fields) {
    if (std::ranges::find(except, field.key) == except.end())
      compare_values(field.key, field.write(before), field.write(after), on_change);
  }
}

// The value of one key.
template <class Owner>
Json value_of(const Table<Owner>& table, std::string_view key, const Owner& owner) {
  const auto field = std::ranges::find(table.fields, key, &Field<Owner>::key);
  return field == table.fields.end() ? Json() : field->write(owner);
}

}  // namespace weir::config
