#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/http/hpack_decoder.h"
#include "lb/http/hpack_encoder.h"

// Header blocks of any fields, good or bad, and the way back.
namespace weir::http::test {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

// Every name as it is, as a literal.
inline std::string block(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    append_hpack(out, HpackPen::room(name.size(), value.size()),
                 [&](HpackPen& pen) { pen.pseudo(name, value); });
  }
  return out;
}

// "name: value" lines.
inline std::string decoded(HpackDecoder& decoder, std::string_view block) {
  struct Lines {
    std::string text;
    void take(const HpackField& field) {
      text.append(field.name).append(": ").append(field.value).append("\n");
    }
  } lines;
  return decoder.decode(block, lines) ? lines.text : "failed";
}

inline std::string decoded(std::string_view block) {
  HpackDecoder decoder;
  return decoded(decoder, block);
}

// What "8286" stands for.
inline std::string from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes += static_cast<char>(value(digits[at]) << 4 | value(digits[at + 1]));
  }
  return bytes;
}

}  // namespace weir::http::test
