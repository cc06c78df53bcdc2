#include "lb/net/tls_ticket_keys.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <thread>

#include "lb/base/text.h"
#include "lb/net/tls_pointers.h"

namespace weir::net {
namespace {

constexpr auto kSeals = std::chrono::hours(12);
constexpr auto kOpensAfterwards = std::chrono::hours(24);

constexpr std::size_t kTextSize = 44;   // of 32 bytes, with one '='
constexpr std::size_t kBlockSize = 33;  // what OpenSSL makes of it: the padding counts as a byte

using Kdf = std::unique_ptr<EVP_KDF, TlsFree<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, TlsFree<EVP_KDF_CTX_free>>;

// Bytes that are cleansed.
template <std::size_t Size>
struct Secret {
  Secret() = default;
  ~Secret() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  std::array<std::uint8_t, Size> bytes{};
};
using Material =
    Secret<sizeof(TlsTicketKey::name) + sizeof(TlsTicketKey::cipher) + sizeof(TlsTicketKey::authentication)>;

TlsTicketKey key_of(const Material& material) {
  TlsTicketKey key;
  auto from = material.bytes.begin();
  const auto take = [&from](auto& part) {
    std::copy_n(from, part.size(), part.begin());
    from += part.size();
  };
  take(key.name);
  take(key.cipher);
  take(key.authentication);
  return key;
}

std::optional<TlsTicketKey> random_key() {
  const TlsErrorMark mark;
  Material material;
  if (RAND_priv_bytes(material.bytes.data(), static_cast<int>(material.bytes.size())) != 1)
    return std::nullopt;
  return key_of(material);
}

// Absent: this OpenSSL has no HKDF.
std::optional<TlsTicketKey> derived_key(std::array<std::uint8_t, kBlockSize - 1>& secret) {
  const TlsErrorMark mark;
  std::string digest = "SHA256", purpose = "weir session ticket key";
  const std::array<OSSL_PARAM, 4> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, purpose.data(), purpose.size()),
      OSSL_PARAM_construct_end()};
  const Kdf kdf(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr));
  const KdfContext context(kdf == nullptr ? nullptr : EVP_KDF_CTX_new(kdf.get()));
  Material material;
  if (context == nullptr ||
      EVP_KDF_derive(context.get(), material.bytes.data(), material.bytes.size(), parameters.data()) != 1) {
    return std::nullopt;
  }
  return key_of(material);
}

std::expected<TlsTicketKey, std::string> key_of_line(std::string_view line) {
  // EVP_DecodeBlock takes '=' anywhere for zero bits.
  const bool fits = line.size() == kTextSize && line.find('=') == kTextSize - 1;
  Secret<kBlockSize> block;
  if (!fits || EVP_DecodeBlock(block.bytes.data(), reinterpret_cast<const unsigned char*>(line.data()),
                               static_cast<int>(line.size())) != static_cast<int>(kBlockSize)) {
    return std::unexpected("expected a key: 32 bytes in base64, 44 characters");
  }
  Secret<kBlockSize - 1> secret;
  std::copy_n(block.bytes.begin(), secret.bytes.size(), secret.bytes.begin());
  auto key = derived_key(secret.bytes);
  if (!key) return std::unexpected("this system's OpenSSL has no HKDF");
  return *std::move(key);
}

}  // namespace

TlsTicketKey::~TlsTicketKey() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(authentication.data(), authentication.size());
}

TlsTicketTurn next_ticket_turn(std::span<const base::Instant> made, base::Instant now) {
  TlsTicketTurn turn{.makes_one = made.empty() || now - made.front() >= kSeals};
  // A key stopped to seal when the one in front of it was made.
  const auto opens = [&](std::size_t i) { return i == 0 || now - made[i - 1] < kOpensAfterwards; };
  while (turn.keeps < made.size() && opens(turn.keeps)) ++turn.keeps;
  return turn;
}

// Holds a side while it is read. The side is the active one after it has been counted: so whoever changes
// keys either sees the count, or has made the other side the active one before.
class TlsTicketKeys::Reading {
 public:
  explicit Reading(const TlsTicketKeys& of) : side_(&of.sides_[of.active_]) {
    side_->readers.fetch_add(1);
    while (side_ != &of.sides_[of.active_]) {
      side_->readers.fetch_sub(1);
      side_ = &of.sides_[of.active_];
      side_->readers.fetch_add(1);
    }
  }
  ~Reading() { side_->readers.fetch_sub(1); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  const Keys& operator*() const { return side_->keys; }
  const Keys* operator->() const { return &side_->keys; }

 private:
  const Side* side_;
};

std::expected<std::shared_ptr<TlsTicketKeys>, std::string> TlsTicketKeys::in_memory(base::Instant now) {
  std::shared_ptr<TlsTicketKeys> made(new TlsTicketKeys);
  made->sides_[0].keys.rotates = true;
  if (!made->rotate(now)) return std::unexpected("the system gives no random bytes");
  return made;
}

std::expected<std::shared_ptr<TlsTicketKeys>, std::string> TlsTicketKeys::from_text(std::string_view file) {
  std::shared_ptr<TlsTicketKeys> made(new TlsTicketKeys);
  Keys& keys = made->sides_[0].keys;
  for (std::size_t number = 1; !file.empty(); ++number) {
    const std::size_t end = file.find('\n');
    std::string_view line = file.substr(0, end);
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = base::trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (const auto added = keys.add(line); !added) {
      return std::unexpected(fmt::format("line {}: {}", number, added.error()));
    }
  }
  if (keys.size == 0) return std::unexpected("it holds no key");
  return made;
}

std::expected<void, std::string> TlsTicketKeys::Keys::add(std::string_view line) {
  if (size == kMost) return std::unexpected(fmt::format("there are more than {} keys", kMost));
  const auto key = key_of_line(line);
  if (!key) return std::unexpected(key.error());
  if (find(key->name)) return std::unexpected("this key stands further up, too");
  keys[size++] = *key;
  return {};
}

std::optional<std::size_t> TlsTicketKeys::Keys::find(const TlsTicketKey::Name& name) const {
  for (std::size_t i = 0; i < size; ++i) {
    if (keys[i].name == name) return i;
  }
  return std::nullopt;
}

TlsTicketKey TlsTicketKeys::current() const { return Reading(*this)->keys.front(); }

TlsTicketKeys::Keys TlsTicketKeys::copy() const { return *Reading(*this); }

std::size_t TlsTicketKeys::size() const { return Reading(*this)->size; }

std::optional<TlsTicketKeys::Found> TlsTicketKeys::find(const TlsTicketKey::Name& name) const {
  const Reading keys(*this);
  const auto at = keys->find(name);
  if (!at) return std::nullopt;
  return Found{keys->keys[*at], *at == 0};
}

bool TlsTicketKeys::rotate(base::Instant now) {
  const std::lock_guard lock(writing_);
  const Keys& old = sides_[active_].keys;
  if (!old.rotates) return false;
  const TlsTicketTurn turn = next_ticket_turn(std::span(old.made).first(old.size), now);
  if (!turn.makes_one && turn.keeps == old.size) return false;
  Keys next{.rotates = true};
  if (turn.makes_one) {
    const auto key = random_key();
    if (!key) return false;
    next.keys[0] = *key;
    next.made[0] = now;
    next.size = 1;
  }
  for (std::size_t i = 0; i < turn.keeps && next.size < kMost; ++i, ++next.size) {
    next.keys[next.size] = old.keys[i];
    next.made[next.size] = old.made[i];
  }
  publish(next);
  return true;
}

void TlsTicketKeys::replace(const TlsTicketKeys& other) {
  if (&other == this) return;
  const Keys next = other.copy();
  const std::lock_guard lock(writing_);
  publish(next);
}

// Under the lock. The side that nobody reads is written and becomes the active one; the old keys are cleansed
// as soon as nobody reads them.
void TlsTicketKeys::publish(const Keys& keys) {
  const std::uint32_t old = active_;
  sides_[1 - old].keys = keys;
  active_ = 1 - old;
  while (sides_[old].readers != 0) std::this_thread::yield();
  sides_[old].keys = Keys();
}

}  // namespace weir::net
