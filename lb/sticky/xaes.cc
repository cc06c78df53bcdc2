#include "lb/sticky/xaes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace weir::sticky {
namespace {

struct Free {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER, Free>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free>;
using Block = std::array<std::uint8_t, 16>;

void require(bool done) {
  if (!done) throw std::runtime_error("this system's OpenSSL has no AES-256");
}

Cipher fetch(const char* name) {
  Cipher cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
  require(cipher != nullptr);
  return cipher;
}

// What stands for a text of one block in CMAC (NIST SP 800-38B 6.1): K1 out of the encrypted zero block.
Block double_block(const Block& block) {
  Block doubled{};
  for (std::size_t i = 0; i < block.size(); ++i) {
    const unsigned next = i + 1 < block.size() ? block[i + 1] : 0;
    doubled[i] = static_cast<std::uint8_t>(unsigned{block[i]} << 1 | next >> 7);
  }
  doubled.back() = static_cast<std::uint8_t>(doubled.back() ^ (0x87U & (0U - (unsigned{block[0]} >> 7))));
  return doubled;
}

int size_of(std::span<const std::uint8_t> bytes) { return static_cast<int>(bytes.size()); }

}  // namespace

// Contexts whose ciphers stay: only keys and nonces change.
struct Xaes::Openssl {
  struct Derivation {
    CipherContext context;  // AES-256-ECB of the key
    Block k1{};
  };

  explicit Openssl(const Keys& keys) : block_cipher(fetch("AES-256-ECB")), cipher(fetch("AES-256-GCM")) {
    for (std::size_t i = 0; i < keys.size(); ++i) derivations.push_back(prepare(keys[i]));
    const Key none;
    for (CipherContext* context : {&sealing, &opening}) {
      context->reset(EVP_CIPHER_CTX_new());
      const int encrypts = context == &sealing ? 1 : 0;
      require(*context != nullptr && EVP_CipherInit_ex(context->get(), cipher.get(), nullptr,
                                                       none.secret.data(), nullptr, encrypts) == 1);
    }
  }
  ~Openssl() {
    for (Derivation& each : derivations) OPENSSL_cleanse(each.k1.data(), each.k1.size());
  }
  Openssl(const Openssl&) = delete;
  Openssl& operator=(const Openssl&) = delete;

  Derivation prepare(const Key& key) const {
    Derivation made{.context = CipherContext(EVP_CIPHER_CTX_new())};
    EVP_CIPHER_CTX* context = made.context.get();
    Block block{};
    int size = 0;
    require(context != nullptr &&
            EVP_EncryptInit_ex(context, block_cipher.get(), nullptr, key.secret.data(), nullptr) == 1 &&
            EVP_EncryptUpdate(context, block.data(), &size, block.data(), size_of(block)) == 1);
    made.k1 = double_block(block);
    OPENSSL_cleanse(block.data(), block.size());
    return made;
  }

  // Derives the message's key (steps 3 to 5 of the specification) and begins with it.
  bool begin(EVP_CIPHER_CTX* context, std::size_t key, const Nonce& nonce,
             std::span<const std::uint8_t> associated) {
    const Derivation& derivation = derivations[key];
    std::array<std::uint8_t, 32> derived{0, 1, 'X', 0};
    derived[17] = 2;
    derived[18] = 'X';
    for (const std::size_t at : {0U, 16U}) std::copy_n(nonce.begin(), 12, derived.begin() + at + 4);
    for (std::size_t i = 0; i < derived.size(); ++i) derived[i] ^= derivation.k1[i % 16];
    int size = 0;
    const bool begun =
        EVP_EncryptUpdate(derivation.context.get(), derived.data(), &size, derived.data(), 32) == 1 &&
        EVP_CipherInit_ex(context, nullptr, nullptr, derived.data(), nonce.data() + 12, -1) == 1;
    OPENSSL_cleanse(derived.data(), derived.size());
    return begun && EVP_CipherUpdate(context, nullptr, &size, associated.data(), size_of(associated)) == 1;
  }

  Cipher block_cipher;
  Cipher cipher;
  std::vector<Derivation> derivations;
  CipherContext sealing;
  CipherContext opening;
};

Xaes::Xaes(std::shared_ptr<const Keys> keys, Engine engine) : keys_(std::move(keys)) {
  if (engine == Engine::openssl || !hardware::available()) {
    openssl_ = std::make_unique<Openssl>(*keys_);
    return;
  }
  schedules_ = std::vector<hardware::Schedule>(keys_->size());
  for (std::size_t i = 0; i < schedules_.size(); ++i) {
    hardware::prepare((*keys_)[i].secret, schedules_[i]);
  }
}

Xaes::~Xaes() { OPENSSL_cleanse(schedules_.data(), schedules_.size() * sizeof(hardware::Schedule)); }

bool Xaes::seal(std::size_t key, const Nonce& nonce, std::span<const std::uint8_t> associated,
                std::span<const std::uint8_t> in, std::uint8_t* out, Tag& tag) {
  if (!openssl_) {
    hardware::seal(schedules_[key], nonce, associated, in, out, tag);
    return true;
  }
  EVP_CIPHER_CTX* context = openssl_->sealing.get();
  int size = 0;
  return openssl_->begin(context, key, nonce, associated) &&
         EVP_EncryptUpdate(context, out, &size, in.data(), size_of(in)) == 1 &&
         EVP_EncryptFinal_ex(context, out + size, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, size_of(tag), tag.data()) == 1;
}

bool Xaes::open(std::size_t key, const Nonce& nonce, std::span<const std::uint8_t> associated,
                std::span<const std::uint8_t> in, std::uint8_t* out, const Tag& tag) {
  if (!openssl_) return hardware::open(schedules_[key], nonce, associated, in, out, tag);
  EVP_CIPHER_CTX* context = openssl_->opening.get();
  Tag expected = tag;  // OpenSSL takes no const
  int size = 0;
  return openssl_->begin(context, key, nonce, associated) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, size_of(expected), expected.data()) == 1 &&
         EVP_DecryptUpdate(context, out, &size, in.data(), size_of(in)) == 1 &&
         EVP_DecryptFinal_ex(context, out + size, &size) == 1;
}

}  // namespace weir::sticky
