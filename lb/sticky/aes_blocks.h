#pragma once

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

// AES-256 (FIPS 197) and GHASH (NIST SP 800-38D) on blocks of 16 bytes, by the instructions for them. Only
// for xaes_hardware.cc. Every function that uses them must say so: the rest of the program runs without them.
#define WEIR_AES [[gnu::target("aes,pclmul,ssse3")]]

namespace weir::sticky::hardware {

inline constexpr std::size_t kRounds = 15;
inline constexpr std::size_t kBlock = 16;

WEIR_AES inline __m128i load(const std::uint8_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
WEIR_AES inline void store(std::uint8_t* to, __m128i block) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
}
WEIR_AES inline __m128i load_part(const std::uint8_t* from, std::size_t size) {
  alignas(16) std::uint8_t block[kBlock] = {};
  std::memcpy(block, from, size);
  return load(block);
}
WEIR_AES inline __m128i reversed(__m128i block) {
  return _mm_shuffle_epi8(block, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// The words of a round key, each xored with all before it, and with `assist`.
WEIR_AES inline __m128i next_round(__m128i key, __m128i assist) {
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, assist);
}

struct Rounds {
  __m128i key[kRounds];
};

// FIPS 197 5.2.
WEIR_AES inline Rounds expand(__m128i low, __m128i high) {
  Rounds rounds{{low, high}};
#define WEIR_EVEN(at, constant) \
  rounds.key[at] = low = next_round(low, _mm_shuffle_epi32(_mm_aeskeygenassist_si128(high, constant), 0xff))
#define WEIR_ODD(at) \
  rounds.key[at] = high = next_round(high, _mm_shuffle_epi32(_mm_aeskeygenassist_si128(low, 0), 0xaa))
  WEIR_EVEN(2, 0x01);
  WEIR_ODD(3);
  WEIR_EVEN(4, 0x02);
  WEIR_ODD(5);
  WEIR_EVEN(6, 0x04);
  WEIR_ODD(7);
  WEIR_EVEN(8, 0x08);
  WEIR_ODD(9);
  WEIR_EVEN(10, 0x10);
  WEIR_ODD(11);
  WEIR_EVEN(12, 0x20);
  WEIR_ODD(13);
  WEIR_EVEN(14, 0x40);
#undef WEIR_EVEN
#undef WEIR_ODD
  return rounds;
}

template <std::size_t Count>
WEIR_AES inline void encrypt(const __m128i* rounds, __m128i* blocks) {
  __m128i block[Count];  // in registers
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Count; ++i) block[i] = _mm_xor_si128(blocks[i], rounds[0]);
#pragma GCC unroll 16
  for (std::size_t round = 1; round + 1 < kRounds; ++round) {
    const __m128i key = rounds[round];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Count; ++i) block[i] = _mm_aesenc_si128(block[i], key);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Count; ++i) blocks[i] = _mm_aesenclast_si128(block[i], rounds[kRounds - 1]);
}

// a * b * x^-128 in the field of POLYVAL (RFC 8452 3), by Montgomery reduction.
WEIR_AES inline __m128i dot(__m128i a, __m128i b) {
  const __m128i polynomial = _mm_set_epi64x(static_cast<long long>(0xc200000000000000ULL), 1);
  __m128i low = _mm_clmulepi64_si128(a, b, 0x00);
  __m128i high = _mm_clmulepi64_si128(a, b, 0x11);
  const __m128i middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
  low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
  high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, polynomial, 0x10));
  low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, polynomial, 0x10));
  return _mm_xor_si128(high, low);
}

// GHASH is POLYVAL with the bytes of all blocks reversed and the key times x (RFC 8452 appendix A).
WEIR_AES inline __m128i times_x(__m128i key) {
  const __m128i carries = _mm_srli_epi64(key, 63);
  const __m128i shifted = _mm_or_si128(_mm_slli_epi64(key, 1), _mm_slli_si128(carries, 8));
  const __m128i wraps = _mm_shuffle_epi32(_mm_srai_epi32(key, 31), 0xff);
  const __m128i polynomial = _mm_set_epi64x(static_cast<long long>(0xc200000000000000ULL), 1);
  return _mm_xor_si128(shifted, _mm_and_si128(wraps, polynomial));
}

class Ghash {
 public:
  WEIR_AES explicit Ghash(__m128i key) : key_(times_x(reversed(key))), sum_(_mm_setzero_si128()) {}
  WEIR_AES inline void add(std::span<const std::uint8_t> bytes) {
    std::size_t at = 0;
    for (; at + kBlock <= bytes.size(); at += kBlock) add(load(bytes.data() + at));
    if (at < bytes.size()) add(load_part(bytes.data() + at, bytes.size() - at));
  }
  WEIR_AES inline __m128i finish(std::size_t associated, std::size_t content) {
    const std::uint64_t bits[2] = {std::uint64_t{content} * 8, std::uint64_t{associated} * 8};
    const __m128i lengths = load(reinterpret_cast<const std::uint8_t*>(bits));
    return reversed(dot(_mm_xor_si128(sum_, lengths), key_));
  }

 private:
  WEIR_AES inline void add(__m128i block) { sum_ = dot(_mm_xor_si128(sum_, reversed(block)), key_); }

  __m128i key_;
  __m128i sum_;
};

}  // namespace weir::sticky::hardware

#endif
