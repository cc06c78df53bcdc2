#pragma once

#include <array>
#include <cstdint>
#include <span>

// XAES-256-GCM by the AES and carry-less multiplication instructions of x86-64 (constant time by nature).
// OpenSSL 3.0 spends about 2 000 instructions on looking up parameters when a key changes, and here each
// message has a key of its own; this takes under 900 for a whole cookie. Elsewhere Xaes uses OpenSSL alone.
namespace weir::sticky::hardware {

// Whether this processor can.
bool available();

// A key made ready: 15 round keys of AES-256, and K1 of CMAC.
struct Schedule {
  alignas(16) std::array<std::uint8_t, 240> rounds{};
  alignas(16) std::array<std::uint8_t, 16> k1{};
};
void prepare(std::span<const std::uint8_t, 32> key, Schedule& schedule);

// `out` is as long as `in`; they may be the same.
void seal(const Schedule& schedule, std::span<const std::uint8_t, 24> nonce,
          std::span<const std::uint8_t> associated, std::span<const std::uint8_t> in, std::uint8_t* out,
          std::span<std::uint8_t, 16> tag);
// False: not sealed so, and nothing is written.
bool open(const Schedule& schedule, std::span<const std::uint8_t, 24> nonce,
          std::span<const std::uint8_t> associated, std::span<const std::uint8_t> in, std::uint8_t* out,
          std::span<const std::uint8_t, 16> tag);

}  // namespace weir::sticky::hardware
