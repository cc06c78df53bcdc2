// Keys in memory as text, a line for each: its age in seconds, and name and keys in hexadecimal digits.

#include <openssl/crypto.h>

#include <chrono>
#include <span>
#include <tuple>

#include "lb/base/text.h"
#include "lb/net/tls_ticket_keys.h"

namespace weir::net {
namespace {

constexpr std::size_t kLongestAge = 20;
constexpr std::size_t kLongestLine =
    kLongestAge + 2 +
    2 * (sizeof(TlsTicketKey::name) + sizeof(TlsTicketKey::cipher) + sizeof(TlsTicketKey::authentication));
constexpr std::string_view kHexDigits = "0123456789abcdef";

void write(std::string& to, std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes) {
    to += kHexDigits[byte >> 4];
    to += kHexDigits[byte & 15];
  }
}

// Takes them from the front of `text`. False: they are not there.
bool read(std::string_view& text, std::span<std::uint8_t> bytes) {
  if (text.size() < 2 * bytes.size()) return false;
  for (std::uint8_t& byte : bytes) {
    const std::size_t high = kHexDigits.find(text[0]), low = kHexDigits.find(text[1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    byte = static_cast<std::uint8_t>(high << 4 | low);
    text.remove_prefix(2);
  }
  return true;
}

bool read(std::string_view text, TlsTicketKey& key) {
  return read(text, key.name) && read(text, key.cipher) && read(text, key.authentication) && text.empty();
}

}  // namespace

std::string TlsTicketKeys::to_text(base::Instant now) const {
  const Keys keys = copy();
  std::string text;
  if (!keys.rotates) return text;
  text.reserve(keys.size * kLongestLine);  // growing would leave copies behind
  for (std::size_t i = 0; i < keys.size; ++i) {
    text += std::to_string(std::chrono::floor<std::chrono::seconds>(now - keys.made[i]).count());
    text += ' ';
    write(text, keys.keys[i].name);
    write(text, keys.keys[i].cipher);
    write(text, keys.keys[i].authentication);
    text += '\n';
  }
  return text;
}

std::shared_ptr<TlsTicketKeys> TlsTicketKeys::taken_over(std::string_view text, base::Instant now) {
  std::shared_ptr<TlsTicketKeys> made(new TlsTicketKeys);
  Keys& keys = made->sides_[0].keys;
  keys.rotates = true;
  for (; !text.empty(); ++keys.size) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t space = line.find(' ');
    const auto age = base::parse_decimal(line.substr(0, space));
    constexpr auto kOldest = std::chrono::seconds(std::chrono::years(1)).count();
    if (keys.size == kMost || space == std::string_view::npos || !age || *age > kOldest) return nullptr;
    if (!read(line.substr(space + 1), keys.keys[keys.size])) return nullptr;
    keys.made[keys.size] = now - std::chrono::seconds(*age);
  }
  return keys.size == 0 ? nullptr : made;
}

}  // namespace weir::net
