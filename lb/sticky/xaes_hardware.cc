#include "lb/sticky/xaes_hardware.h"

#include "lb/sticky/aes_blocks.h"

#if defined(__x86_64__)

namespace weir::sticky::hardware {
namespace {

constexpr std::size_t kBatch = 8;  // blocks that are encrypted side by side

// AES-256-GCM for one message: its key, and the first eight blocks that it encrypts. (NIST SP 800-38D)
class Message {
 public:
  WEIR_AES Message(const Schedule& schedule, const std::uint8_t* nonce) : rounds_(derive(schedule, nonce)) {
    std::uint8_t counter[kBlock] = {};
    std::memcpy(counter, nonce + 12, 12);
    counter_ = reversed(load(counter));
    blocks_[0] = _mm_setzero_si128();
    for (std::size_t i = 1; i < kBatch; ++i) blocks_[i] = next_counter();
    encrypt<kBatch>(rounds_.key, blocks_);
    hash_key_ = blocks_[0];
    mask_ = blocks_[1];
  }

  WEIR_AES __m128i tag(std::span<const std::uint8_t> associated, std::span<const std::uint8_t> sealed) const {
    Ghash ghash(hash_key_);
    ghash.add(associated);
    ghash.add(sealed);
    return _mm_xor_si128(ghash.finish(associated.size(), sealed.size()), mask_);
  }

  // Both ways. Once: the key stream is used up.
  WEIR_AES void apply(std::span<const std::uint8_t> in, std::uint8_t* out) {
    std::size_t next = 2;
    for (std::size_t at = 0; at < in.size(); at += kBlock, ++next) {
      if (next == kBatch) {
        for (__m128i& block : blocks_) block = next_counter();
        encrypt<kBatch>(rounds_.key, blocks_);
        next = 0;
      }
      if (in.size() - at >= kBlock) {
        store(out + at, _mm_xor_si128(load(in.data() + at), blocks_[next]));
        continue;
      }
      alignas(16) std::uint8_t rest[kBlock];
      store(rest, _mm_xor_si128(load_part(in.data() + at, in.size() - at), blocks_[next]));
      std::memcpy(out + at, rest, in.size() - at);
    }
  }

 private:
  // Steps 3 to 5 of the C2SP specification.
  WEIR_AES static Rounds derive(const Schedule& schedule, const std::uint8_t* nonce) {
    std::uint8_t text[2][kBlock] = {{0, 1, 'X', 0}, {0, 2, 'X', 0}};
    __m128i blocks[2];
    for (std::size_t i = 0; i < 2; ++i) {
      std::memcpy(text[i] + 4, nonce, 12);
      blocks[i] = _mm_xor_si128(load(text[i]), load(schedule.k1.data()));
    }
    encrypt<2>(reinterpret_cast<const __m128i*>(schedule.rounds.data()), blocks);
    return expand(blocks[0], blocks[1]);
  }
  WEIR_AES inline __m128i next_counter() {
    counter_ = _mm_add_epi32(counter_, _mm_set_epi32(0, 0, 0, 1));
    return reversed(counter_);
  }

  Rounds rounds_;
  __m128i blocks_[kBatch];
  __m128i counter_;  // reversed
  __m128i hash_key_;
  __m128i mask_;
};

WEIR_AES inline bool same(__m128i a, __m128i b) { return _mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) == 0xffff; }

}  // namespace

bool available() {
  static const bool all =
      __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3");
  return all;
}

WEIR_AES void prepare(std::span<const std::uint8_t, 32> key, Schedule& schedule) {
  const Rounds rounds = expand(load(key.data()), load(key.data() + kBlock));
  for (std::size_t i = 0; i < kRounds; ++i) store(schedule.rounds.data() + kBlock * i, rounds.key[i]);
  __m128i zero = _mm_setzero_si128();
  encrypt<1>(rounds.key, &zero);
  const __m128i l = reversed(zero);
  const __m128i carries = _mm_slli_si128(_mm_srli_epi64(l, 63), 8);
  const __m128i wraps = _mm_shuffle_epi32(_mm_srai_epi32(l, 31), 0xff);
  const __m128i shifted = _mm_or_si128(_mm_slli_epi64(l, 1), carries);
  store(schedule.k1.data(), reversed(_mm_xor_si128(shifted, _mm_and_si128(wraps, _mm_set_epi64x(0, 0x87)))));
}

WEIR_AES void seal(const Schedule& schedule, std::span<const std::uint8_t, 24> nonce,
                   std::span<const std::uint8_t> associated, std::span<const std::uint8_t> in,
                   std::uint8_t* out, std::span<std::uint8_t, 16> tag) {
  Message message(schedule, nonce.data());
  message.apply(in, out);
  store(tag.data(), message.tag(associated, {out, in.size()}));
}

WEIR_AES bool open(const Schedule& schedule, std::span<const std::uint8_t, 24> nonce,
                   std::span<const std::uint8_t> associated, std::span<const std::uint8_t> in,
                   std::uint8_t* out, std::span<const std::uint8_t, 16> tag) {
  Message message(schedule, nonce.data());
  if (!same(message.tag(associated, in), load(tag.data()))) return false;
  message.apply(in, out);
  return true;
}

}  // namespace weir::sticky::hardware

#else

namespace weir::sticky::hardware {

bool available() { return false; }
void prepare(std::span<const std::uint8_t, 32>, Schedule&) {}
void seal(const Schedule&, std::span<const std::uint8_t, 24>, std::span<const std::uint8_t>,
          std::span<const std::uint8_t>, std::uint8_t*, std::span<std::uint8_t, 16>) {}
bool open(const Schedule&, std::span<const std::uint8_t, 24>, std::span<const std::uint8_t>,
          std::span<const std::uint8_t>, std::uint8_t*, std::span<const std::uint8_t, 16>) {
  return false;
}

}  // namespace weir::sticky::hardware

#endif
