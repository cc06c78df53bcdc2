#pragma once

#include <array>
#include <cstdint>

// Bytes that nobody can guess and that never come twice, out of OpenSSL's generator in batches: a call of
// it costs more than all else that sealing does. One per thread; never to be used on both sides of a fork.
namespace weir::sticky {

using Nonce = std::array<std::uint8_t, 24>;

class Nonces {
 public:
  Nonces() = default;
  ~Nonces();
  Nonces(const Nonces&) = delete;
  Nonces& operator=(const Nonces&) = delete;

  Nonce next();
  std::uint64_t next_session();

 private:
  const std::uint8_t* take(std::size_t size);

  std::array<std::uint8_t, 3072> bytes_{};
  std::size_t used_ = bytes_.size();
};

}  // namespace weir::sticky
