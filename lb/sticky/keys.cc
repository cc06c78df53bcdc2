#include "lb/sticky/keys.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>

#include "lb/base/text.h"

namespace weir::sticky {
namespace {

constexpr std::size_t kTextSize = 44;   // of 32 bytes, with one '='
constexpr std::size_t kBlockSize = 33;  // what OpenSSL makes of it: the padding counts as a byte

// EVP_DecodeBlock takes '=' anywhere for zero bits.
bool decode(std::string_view text, std::array<std::uint8_t, 32>& secret) {
  if (text.size() != kTextSize || text.find('=') != kTextSize - 1) return false;
  std::array<std::uint8_t, kBlockSize> block{};
  const int size = EVP_DecodeBlock(block.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  std::ranges::copy(std::span(block).first(secret.size()), secret.begin());
  OPENSSL_cleanse(block.data(), block.size());
  return size == static_cast<int>(kBlockSize);
}

std::optional<KeyId> id_of(const std::array<std::uint8_t, 32>& secret) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(secret.data(), secret.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) return {};
  KeyId id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  OPENSSL_cleanse(digest.data(), digest.size());
  return id;
}

}  // namespace

// All the room at once: growing would leave copies behind.
Keys::Keys() { keys_.reserve(kMost); }

Keys::~Keys() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key)); }

std::expected<std::shared_ptr<const Keys>, std::string> Keys::parse(std::string_view text) {
  std::shared_ptr<Keys> keys(new Keys);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = base::trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (const auto added = keys->add(line); !added) {
      return std::unexpected(fmt::format("line {}: {}", number, added.error()));
    }
  }
  if (keys->keys_.empty()) return std::unexpected("it holds no key");
  return keys;
}

std::expected<void, std::string> Keys::add(std::string_view line) {
  if (keys_.size() == kMost) return std::unexpected(fmt::format("there are more than {} keys", kMost));
  Key& key = keys_.emplace_back();
  if (!decode(line, key.secret)) return std::unexpected("expected a key: 32 bytes in base64, 44 characters");
  const auto id = id_of(key.secret);
  if (!id) return std::unexpected("this system's OpenSSL has no SHA-256");
  if (find(*id)) return std::unexpected("this key, or another with the same id, stands further up");
  key.id = *id;
  return {};
}

std::optional<std::size_t> Keys::find(KeyId id) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].id == id) return i;
  }
  return std::nullopt;
}

namespace {

std::string line_of(const std::array<std::uint8_t, 32>& secret) {
  std::string line(kTextSize + 1, '\n');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(line.data()), secret.data(),
                  static_cast<int>(secret.size()));
  line.back() = '\n';
  return line;
}

}  // namespace

std::optional<std::string> make_key_line() {
  std::array<std::uint8_t, 32> secret{};
  if (RAND_priv_bytes(secret.data(), static_cast<int>(secret.size())) != 1) return std::nullopt;
  std::string line = line_of(secret);
  OPENSSL_cleanse(secret.data(), secret.size());
  return line;
}

bool same(const Keys& a, const Keys& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].id != b[i].id) return false;
  }
  return true;
}

std::string to_text(const Keys& keys) {
  std::string text;
  text.reserve(keys.size() * (kTextSize + 1));  // growing would leave copies behind
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::string line = line_of(keys[i].secret);
    text += line;
    cleanse(line);
  }
  return text;
}

void cleanse(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace weir::sticky
