#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "config/keys/codec.h"
#include "config/nearest.h"
#include "lb/model/listener.h"

// The codecs of single values.
namespace weir::config {

Codec<bool> boolean();

// Plain decimal digits within [least, most].
Codec<std::uint64_t> number(std::uint64_t least, std::uint64_t most);
Codec<std::uint32_t> number32(std::uint32_t least, std::uint32_t most);
Codec<std::uint16_t> number16(std::uint16_t least, std::uint16_t most);

Codec<model::Milliseconds> duration(model::Milliseconds least, model::Milliseconds most);
Codec<std::uint64_t> size(std::uint64_t least, std::uint64_t most);

bool is_name(std::string_view text);
std::string name_pattern();
Codec<std::string> name();       // 1-64 of A-Z a-z 0-9 . _ -
Codec<std::string> pseudonym();  // a name that begins with a letter: Via and Proxy-Status take no other
Codec<std::string> user();
Codec<std::string> absolute_path();
Codec<base::Cidr> cidr();
Codec<std::string> upgrade_token();

// Text whose meaning is checked later.
Codec<std::string> file_pattern();
Codec<std::string> group_name();
Codec<std::string> target_id();

// Finds the word and reports what is none; the index into `words`.
std::optional<std::size_t> read_word(const Value& value, const std::vector<std::string>& words);
Json words_schema(const std::vector<std::string>& words);

// One of the names of an enumeration.
template <class E>
Codec<E> one_of(const std::vector<std::pair<std::string, E>>& names) {
  std::vector<std::string> words;
  words.reserve(names.size());
  for (const auto& [name, value] : names) words.push_back(name);
  return {.expected = alternatives(words),
          .read = [names, words](const Value& value) -> std::optional<E> {
            const auto index = read_word(value, words);
            if (!index) return std::nullopt;
            return names[*index].second;
          },
          .write = [names](const E& e) -> Json {
            for (const auto& [name, value] : names) {
              if (value == e) return name;
            }
            return nullptr;
          },
          .schema = words_schema(words)};
}

// The same where two of the names are on and off, which mean true and false.
template <class E>
Codec<E> one_of_with_switch(const std::vector<std::pair<std::string, E>>& names) {
  auto codec = one_of<E>(names);
  codec.read = [names, read = std::move(codec.read)](const Value& value) -> std::optional<E> {
    for (const auto& [name, meaning] : names) {
      if ((name == "on" && value.is_word("true")) || (name == "off" && value.is_word("false")))
        return meaning;
    }
    return read(value);
  };
  codec.schema = either_schema(std::move(codec.schema), {{"enum", {true, false}}});
  return codec;
}

}  // namespace weir::config
