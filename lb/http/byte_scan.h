#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <cstring>

// Looking for bytes in heads many at a time.
namespace weir::http {

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kHighs = 0x8080808080808080;

// The lowest high bit that is set in these stands for the first byte of `word`, in memory, that is
// below `limit` (at most 0x80) or equal to `byte` (below 0x80).
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint64_t limit) {
  return (word - kOnes * limit) & ~word & kHighs;
}
constexpr std::uint64_t bytes_equal(std::uint64_t word, std::uint64_t byte) {
  const std::uint64_t zero = word ^ (kOnes * byte);
  return (zero - kOnes) & ~zero & kHighs;
}

// The first character in [at, end) that `hits` finds eight at a time and `is_hit` one at a time, or end.
template <class Hits, class IsHit>
const char* find_byte(const char* at, const char* end, Hits&& hits, IsHit&& is_hit) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      const std::uint64_t found = hits(word);
      if (found == 0) {
        at += 8;
        continue;
      }
      at += std::countr_zero(found) / 8;
      if (is_hit(*at)) return at;
      ++at;
    }
  }
  while (at != end && !is_hit(*at)) ++at;
  return at;
}

constexpr bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// The first control character but tab, or end.
inline const char* find_control(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - at >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    const auto hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, _mm_cmpeq_epi8(block, del))));
    if (hits == 0) {
      at += 16;
      continue;
    }
    at += std::countr_zero(hits);
    if (is_control(*at)) return at;
    ++at;
  }
#endif
  return find_byte(
      at, end, [](std::uint64_t word) { return bytes_below(word, 0x20) | bytes_equal(word, 0x7f); },
      is_control);
}

}  // namespace weir::http
