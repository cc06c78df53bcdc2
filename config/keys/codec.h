#pragma once

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/keys/value.h"

// A codec is all that weir knows about one kind of value: how it is read from YAML, how the
// effective configuration writes it, and how the JSON Schema describes it.
namespace weir::config {

using Json = nlohmann::ordered_json;

template <class V>
struct Codec {
  std::string expected;                                // "a duration", for messages
  std::function<std::optional<V>(const Value&)> read;  // empty: reported
  std::function<Json(const V&)> write;
  Json schema;
};

// JSON Schema of a scalar that may also hold a ${VARIABLE}.
Json scalar_schema(Json schema);
Json either_schema(Json first, Json second);

// `off` (or `false`: they mean the same wherever they stand) for an absent value.
inline bool is_off(const Value& value) { return value.is_word("off") || value.is_word("false"); }
Json off_schema();

template <class V>
Codec<std::optional<V>> word_or(std::string_view word, Json word_schema, Codec<V> inner) {
  return {
      .expected = fmt::format("{} or {}", word, inner.expected),
      .read = [word, read = inner.read](const Value& value) -> std::optional<std::optional<V>> {
        if (value.is_word(word) || (word == "off" && is_off(value))) return std::optional<V>();
        auto v = read(value.or_word(word));
        if (!v) return std::nullopt;
        return std::optional<std::optional<V>>(std::in_place, *std::move(v));
      },
      .write = [word, write = inner.write](const std::optional<V>& v) { return v ? write(*v) : Json(word); },
      .schema = either_schema(std::move(word_schema), inner.schema)};
}

template <class V>
Codec<std::optional<V>> off_or(Codec<V> inner) {
  return word_or("off", off_schema(), std::move(inner));
}

// `auto` for an absent value.
template <class V>
Codec<std::optional<V>> auto_or(Codec<V> inner) {
  return word_or("auto", {{"const", "auto"}}, std::move(inner));
}

// `off` for the value that stands for it in the model, such as an empty string or list or 0.
template <class V>
Codec<V> off_as(const V& off, const Codec<V>& inner) {
  return {.expected = "off or " + inner.expected,
          .read =
              [read = inner.read, off](const Value& value) {
                return is_off(value) ? std::optional<V>(off) : read(value.or_word("off"));
              },
          .write = [write = inner.write, off](const V& v) { return v == off ? Json("off") : write(v); },
          .schema = either_schema(off_schema(), inner.schema)};
}

enum class ListSize { any, not_empty };

template <class V>
Codec<std::vector<V>> list_of(Codec<V> inner, ListSize size = ListSize::any) {
  Json list{{"type", "array"}, {"items", inner.schema}};
  if (size == ListSize::not_empty) list["minItems"] = 1;
  return {.expected = "a list",
          .read = [expected = inner.expected + " or a list of them", read = inner.read,
                   size](const Value& value) -> std::optional<std::vector<V>> {
            const auto items = value.items(expected);
            if (!items) return std::nullopt;
            if (items->empty() && size == ListSize::not_empty) {
              value.report().add<Message::empty_list>(value.where());
              return std::nullopt;
            }
            std::vector<V> list_read;
            for (const Value& item : *items) {
              if (auto v = read(item)) list_read.push_back(*std::move(v));
            }
            return list_read;
          },
          .write =
              [write = inner.write](const std::vector<V>& list_written) {
                Json json = Json::array();
                for (const V& v : list_written) json.push_back(write(v));
                return json;
              },
          .schema = either_schema(inner.schema, std::move(list))};
}

}  // namespace weir::config
