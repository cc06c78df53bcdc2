#include "config/yaml/characters.h"

#include <algorithm>

namespace weir::config {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// The length of the UTF-8 sequence at the front of `text` (RFC 3629 section 4); 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const unsigned char first = byte_at(text, 0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte_at(text, 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

bool is_control(unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f; }

}  // namespace

bool check_characters(const Source& source, Report& report) {
  const std::string_view text = source.text();
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t length = sequence_length(text.substr(i, 4));
    const Where where = where_at(source, i, 1);
    if (length == 0) {
      report.add_with_hint<Message::not_utf8>(where, "save it in that encoding");
      return false;
    }
    if (is_control(byte_at(text, i))) {
      report.add<Message::control_character>(where, byte_at(text, i));
      return false;
    }
    i += length;
  }
  return true;
}

std::size_t skip_properties(const Source& source, std::size_t offset) {
  const std::string_view text = source.text();
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    const std::size_t space = text.find_first_of(" \t\r\n", offset);
    const std::size_t next = text.find_first_not_of(" \t\r\n", space);
    if (next == std::string_view::npos) return offset;
    offset = next;
  }
  return offset;
}

}  // namespace weir::config
