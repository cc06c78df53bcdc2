#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lb/sticky/keys.h"
#include "lb/sticky/nonces.h"
#include "lb/sticky/xaes_hardware.h"

// XAES-256-GCM (https://c2sp.org/XAES-256-GCM): AES-256-GCM under a key that is derived from the first half
// of a nonce of 24 bytes, so that random nonces never wear a key out. What can be prepared for a key is,
// once; nothing is allocated afterwards. One per thread.
namespace weir::sticky {

using Tag = std::array<std::uint8_t, 16>;

class Xaes {
 public:
  enum class Engine : std::uint8_t {
    automatic,  // the processor's instructions where it has them
    openssl,
  };

  // Throws std::runtime_error where OpenSSL is needed and has no AES-256.
  explicit Xaes(std::shared_ptr<const Keys> keys, Engine engine = Engine::automatic);
  ~Xaes();
  Xaes(const Xaes&) = delete;
  Xaes& operator=(const Xaes&) = delete;

  const Keys& keys() const { return *keys_; }

  // With the key of that index. `out` is as long as `in`; they may be the same. False: OpenSSL failed.
  bool seal(std::size_t key, const Nonce& nonce, std::span<const std::uint8_t> associated,
            std::span<const std::uint8_t> in, std::uint8_t* out, Tag& tag);
  // False: not sealed so; what is in `out` then is nothing.
  bool open(std::size_t key, const Nonce& nonce, std::span<const std::uint8_t> associated,
            std::span<const std::uint8_t> in, std::uint8_t* out, const Tag& tag);

 private:
  struct Openssl;

  std::shared_ptr<const Keys> keys_;
  std::vector<hardware::Schedule> schedules_;  // one a key, where the processor does the work
  std::unique_ptr<Openssl> openssl_;           // where it does not
};

}  // namespace weir::sticky
