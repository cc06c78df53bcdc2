#include "lb/sticky/base64url.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::sticky {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0x80;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

void encode_plainly(std::span<const std::uint8_t> bytes, char* to) {
  for (std::size_t i = 0; i < bytes.size(); i += 3, to += 4) {
    const unsigned group = unsigned{bytes[i]} << 16 | unsigned{bytes[i + 1]} << 8 | bytes[i + 2];
    to[0] = kAlphabet[group >> 18];
    to[1] = kAlphabet[group >> 12 & 63];
    to[2] = kAlphabet[group >> 6 & 63];
    to[3] = kAlphabet[group & 63];
  }
}

bool decode_plainly(std::string_view text, std::uint8_t* to) {
  unsigned seen = 0;
  for (std::size_t i = 0; i < text.size(); i += 4, to += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const unsigned value = kValues[static_cast<unsigned char>(text[i + k])];
      seen |= value;
      group = group << 6 | value;
    }
    to[0] = static_cast<std::uint8_t>(group >> 16);
    to[1] = static_cast<std::uint8_t>(group >> 8);
    to[2] = static_cast<std::uint8_t>(group);
  }
  return (seen & kNone) == 0;
}

#if defined(__x86_64__)

// Four groups at a time, by what Mula and Lemire describe (Faster Base64 Encoding and Decoding using AVX2
// Instructions, 2018); the characters by comparison, as bytes with a sign.
#define WEIR_SSSE3 [[gnu::target("ssse3")]]

constexpr std::size_t kBytes = 12;
constexpr std::size_t kCharacters = 16;

WEIR_SSSE3 inline __m128i all(int value) { return _mm_set1_epi8(static_cast<char>(value)); }

// `value` where the mask is set.
WEIR_SSSE3 inline __m128i where(__m128i mask, int value) { return _mm_and_si128(mask, all(value)); }

WEIR_SSSE3 inline __m128i encode_block(__m128i bytes) {
  bytes = _mm_shuffle_epi8(bytes, _mm_set_epi8(10, 11, 9, 10, 7, 8, 6, 7, 4, 5, 3, 4, 1, 2, 0, 1));
  const __m128i high =
      _mm_mulhi_epu16(_mm_and_si128(bytes, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
  const __m128i low =
      _mm_mullo_epi16(_mm_and_si128(bytes, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
  const __m128i values = _mm_or_si128(high, low);
  __m128i text = _mm_add_epi8(values, all('A'));
  text = _mm_add_epi8(text, where(_mm_cmpgt_epi8(values, all(25)), 'a' - 26 - 'A'));
  text = _mm_add_epi8(text, where(_mm_cmpgt_epi8(values, all(51)), '0' - 52 - ('a' - 26)));
  text = _mm_add_epi8(text, where(_mm_cmpeq_epi8(values, all(62)), '-' - 62 - ('0' - 52)));
  return _mm_add_epi8(text, where(_mm_cmpeq_epi8(values, all(63)), '_' - 63 - ('0' - 52)));
}

// A character's two halves say what it stands for, and whether it is one of ours: a bit of `wrong` is set
// where its lower half does not go with its upper one.
WEIR_SSSE3 inline __m128i decode_block(__m128i text, __m128i& wrong) {
  const __m128i half = all(0x0f);
  const __m128i upper = _mm_and_si128(_mm_srli_epi32(text, 4), half);
  const __m128i lower = _mm_and_si128(text, half);
  // Of the upper half: 2 has '-', 3 digits, 4 and 6 letters from 1 on, 5 letters and '_', 7 letters.
  const __m128i kinds = _mm_setr_epi8(32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32);
  const __m128i misfits = _mm_setr_epi8(1 + 4 + 32, 1 + 32, 1 + 32, 1 + 32, 1 + 32, 1 + 32, 1 + 32, 1 + 32,
                                        1 + 32, 1 + 32, 1 + 2 + 32, 1 + 2 + 8 + 16 + 32, 1 + 2 + 8 + 16 + 32,
                                        2 + 8 + 16 + 32, 1 + 2 + 8 + 16 + 32, 1 + 2 + 16 + 32);
  wrong =
      _mm_or_si128(wrong, _mm_and_si128(_mm_shuffle_epi8(kinds, upper), _mm_shuffle_epi8(misfits, lower)));
  const __m128i shifts =
      _mm_setr_epi8(0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i line = where(_mm_cmpeq_epi8(text, all('_')), 63 - '_' + 'A');
  const __m128i values = _mm_add_epi8(text, _mm_add_epi8(_mm_shuffle_epi8(shifts, upper), line));
  const __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi32(0x01400140));
  const __m128i groups = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));
  return _mm_shuffle_epi8(groups, _mm_set_epi8(-1, -1, -1, -1, 12, 13, 14, 8, 9, 10, 4, 5, 6, 0, 1, 2));
}

WEIR_SSSE3 inline __m128i load(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}
WEIR_SSSE3 inline void store(void* to, __m128i block) { _mm_storeu_si128(static_cast<__m128i*>(to), block); }

// The last block ends where the bytes do, and repeats some of what was done.
WEIR_SSSE3 void encode_quickly(std::span<const std::uint8_t> bytes, char* to) {
  const std::uint8_t* const end = bytes.data() + bytes.size();
  char* const to_end = to + base64url_size(bytes.size());
  const std::uint8_t* from = bytes.data();
  for (; from + 16 <= end; from += kBytes, to += kCharacters) store(to, encode_block(load(from)));
  if (end - from > static_cast<std::ptrdiff_t>(kBytes)) encode_plainly({from, 3}, to);
  store(to_end - kCharacters, encode_block(_mm_srli_si128(load(end - 16), 16 - kBytes)));
}

WEIR_SSSE3 inline void store_bytes(std::uint8_t* to, __m128i block) {
  std::uint8_t bytes[16];
  store(bytes, block);
  std::memcpy(to, bytes, kBytes);
}

WEIR_SSSE3 bool decode_quickly(std::string_view text, std::uint8_t* to) {
  const char* from = text.data();
  const char* const end = from + text.size();
  std::uint8_t* const to_end = to + text.size() / 4 * 3;
  __m128i wrong = _mm_setzero_si128();
  for (; to + 16 <= to_end; from += kCharacters, to += kBytes) store(to, decode_block(load(from), wrong));
  if (end - from > static_cast<std::ptrdiff_t>(kCharacters)) store_bytes(to, decode_block(load(from), wrong));
  store_bytes(to_end - kBytes, decode_block(load(end - kCharacters), wrong));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) == 0xffff;
}

bool can_quickly() {
  static const bool can = __builtin_cpu_supports("ssse3");
  return can;
}

#else

void encode_quickly(std::span<const std::uint8_t> bytes, char* to) { encode_plainly(bytes, to); }
bool decode_quickly(std::string_view text, std::uint8_t* to) { return decode_plainly(text, to); }
bool can_quickly() { return false; }

#endif

}  // namespace

void encode_base64url(std::span<const std::uint8_t> bytes, char* to) {
  return can_quickly() && bytes.size() >= 16 ? encode_quickly(bytes, to) : encode_plainly(bytes, to);
}

bool decode_base64url(std::string_view text, std::uint8_t* to) {
  return can_quickly() && text.size() >= 16 ? decode_quickly(text, to) : decode_plainly(text, to);
}

}  // namespace weir::sticky
