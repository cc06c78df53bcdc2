#include "lb/sticky/nonces.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>

namespace weir::sticky {

Nonces::~Nonces() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

// OpenSSL gives none only where the system has none: what would be sealed then would be no secret.
const std::uint8_t* Nonces::take(std::size_t size) {
  if (size > bytes_.size() - used_) {
    if (RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) != 1) std::abort();
    used_ = 0;
  }
  const std::uint8_t* taken = bytes_.data() + used_;
  used_ += size;
  return taken;
}

Nonce Nonces::next() {
  Nonce nonce;
  std::memcpy(nonce.data(), take(nonce.size()), nonce.size());
  return nonce;
}

std::uint64_t Nonces::next_session() {
  std::uint64_t session = 0;
  std::memcpy(&session, take(sizeof session), sizeof session);
  return session;
}

}  // namespace weir::sticky
