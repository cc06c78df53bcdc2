#include "lb/sticky/xaes.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstring>
#include <vector>

#include "tests/unit/sticky/support.h"

namespace weir::sticky {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Engine = Xaes::Engine;

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::string hex(std::span<const std::uint8_t> data) {
  std::string text;
  for (const std::uint8_t byte : data) text += fmt::format("{:02x}", byte);
  return text;
}

Nonce nonce(std::string_view text) {
  Nonce made{};
  std::memcpy(made.data(), text.data(), made.size());
  return made;
}

// The ciphertext with the tag behind it, as the specification has it.
Bytes seal(Xaes& xaes, const Nonce& nonce, const Bytes& associated, const Bytes& text) {
  Bytes out(text.size());
  Tag tag{};
  REQUIRE(xaes.seal(0, nonce, associated, text, out.data(), tag));
  out.insert(out.end(), tag.begin(), tag.end());
  return out;
}

bool opens(Xaes& xaes, const Nonce& nonce, const Bytes& associated, const Bytes& sealed, const Bytes& text) {
  Tag tag{};
  std::memcpy(tag.data(), sealed.data() + text.size(), tag.size());
  Bytes out(text.size());
  return xaes.open(0, nonce, associated, std::span(sealed).first(text.size()), out.data(), tag) &&
         out == text;
}

// The deterministic generator of the specification, and its hash.
class Shake {
 public:
  explicit Shake(std::size_t length) : stream_(length) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    REQUIRE(EVP_DigestInit_ex(context, EVP_shake128(), nullptr) == 1);
    REQUIRE(EVP_DigestFinalXOF(context, stream_.data(), stream_.size()) == 1);
    EVP_MD_CTX_free(context);
  }
  Bytes read(std::size_t size) {
    REQUIRE(at_ + size <= stream_.size());
    at_ += size;
    return {stream_.begin() + static_cast<std::ptrdiff_t>(at_ - size),
            stream_.begin() + static_cast<std::ptrdiff_t>(at_)};
  }

 private:
  Bytes stream_;
  std::size_t at_ = 0;
};

std::shared_ptr<const Keys> key_of(const Bytes& secret) {
  std::string line(45, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(line.data()), secret.data(), 32);
  line.pop_back();
  return test::keys({line});
}

std::string accumulate(Engine engine, int rounds) {
  Shake random(static_cast<std::size_t>(rounds) * 600);
  EVP_MD_CTX* hash = EVP_MD_CTX_new();
  EVP_DigestInit_ex(hash, EVP_shake128(), nullptr);
  for (int i = 0; i < rounds; ++i) {
    const Bytes secret = random.read(32);
    Nonce n{};
    const Bytes nonce_bytes = random.read(n.size());
    std::memcpy(n.data(), nonce_bytes.data(), n.size());
    const Bytes text = random.read(random.read(1)[0]);
    const Bytes associated = random.read(random.read(1)[0]);
    Xaes xaes(key_of(secret), engine);
    const Bytes sealed = seal(xaes, n, associated, text);
    REQUIRE(opens(xaes, n, associated, sealed, text));
    EVP_DigestUpdate(hash, sealed.data(), sealed.size());
  }
  std::array<std::uint8_t, 32> digest{};
  EVP_DigestFinalXOF(hash, digest.data(), digest.size());
  EVP_MD_CTX_free(hash);
  return hex(digest);
}

}  // namespace

TEST_CASE("XAES-256-GCM gives what the test vectors of C2SP say") {
  struct Row {
    std::string_view key;
    const char* associated;
    const char* sealed;
  };
  const Row rows[] = {
      {test::kOnes, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
      {test::kThrees, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
  };
  for (const Engine engine : {Engine::automatic, Engine::openssl}) {
    for (const Row& row : rows) {
      CAPTURE(row.key);
      Xaes xaes(test::keys({row.key}), engine);
      const Nonce n = nonce("ABCDEFGHIJKLMNOPQRSTUVWX");
      const Bytes sealed = seal(xaes, n, bytes(row.associated), bytes("XAES-256-GCM"));
      CHECK(hex(sealed) == row.sealed);
      CHECK(opens(xaes, n, bytes(row.associated), sealed, bytes("XAES-256-GCM")));
    }
  }
}

TEST_CASE("XAES-256-GCM gives what C2SP's accumulated test says, with texts of 0 to 255 bytes") {
  CHECK(accumulate(Engine::automatic, 10'000) ==
        "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
  CHECK(accumulate(Engine::openssl, 10'000) ==
        "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
}

TEST_CASE("the processor and OpenSSL open what the other has sealed, however long it is") {
  Xaes fast(test::keys({test::kTwos}));
  Xaes slow(test::keys({test::kTwos}), Engine::openssl);
  for (std::size_t size = 0; size <= 700; size += size < 40 ? 1 : 13) {
    CAPTURE(size);
    Bytes text(size);
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<std::uint8_t>(i * 7);
    const Nonce n = nonce("abcdefghijklmnopqrstuvwx");
    const Bytes associated(size / 3, 'a');
    const Bytes sealed = seal(fast, n, associated, text);
    CHECK(sealed == seal(slow, n, associated, text));
    CHECK(opens(slow, n, associated, sealed, text));
    CHECK(opens(fast, n, associated, sealed, text));
  }
}

TEST_CASE("what one bit was changed in does not open") {
  for (const Engine engine : {Engine::automatic, Engine::openssl}) {
    Xaes xaes(test::keys({test::kOnes}), engine);
    const Nonce n = nonce("abcdefghijklmnopqrstuvwx");
    const Bytes text = bytes("a text of more than a block");
    const Bytes sealed = seal(xaes, n, bytes("context"), text);
    for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
      Bytes changed = sealed;
      changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1U << i % 8));
      CHECK_FALSE(opens(xaes, n, bytes("context"), changed, text));
    }
    for (std::size_t i = 0; i < n.size() * 8; ++i) {
      Nonce changed = n;
      changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1U << i % 8));
      CHECK_FALSE(opens(xaes, changed, bytes("context"), sealed, text));
    }
    CHECK_FALSE(opens(xaes, n, bytes("kontext"), sealed, text));
    CHECK_FALSE(opens(xaes, n, bytes("contex"), sealed, text));
    CHECK(opens(xaes, n, bytes("context"), sealed, text));
  }
}

}  // namespace weir::sticky
