#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/keys/codec.h"

// What the codecs of texts are made of.
namespace weir::config {

inline Json pattern_schema(std::string pattern) {
  return scalar_schema({{"type", "string"}, {"pattern", std::move(pattern)}});
}

inline Json write_text(const std::string& text) { return protect_variables(text); }

// Any text: its meaning is checked later.
inline Codec<std::string> free_text(const std::string& expected, const Json& schema) {
  return {.expected = expected,
          .read = [expected](const Value& value) { return value.text(expected); },
          .write = write_text,
          .schema = schema};
}

// Takes what `accept` accepts and reports `Complaint` about the rest.
template <Message Complaint>
Codec<std::string> checked_text(const std::string& expected, const Json& schema,
                                std::function<bool(std::string_view)> accept) {
  return {.expected = expected,
          .read = [expected, accept = std::move(accept)](const Value& value) -> std::optional<std::string> {
            auto text = value.text(expected);
            if (text && !accept(*text)) {
              value.report().add<Complaint>(value.where(), shown(*text));
              return std::nullopt;
            }
            return text;
          },
          .write = write_text,
          .schema = schema};
}

}  // namespace weir::config
