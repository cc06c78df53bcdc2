#include "lb/observe/access_line.h"

#include <array>
#include <charconv>

namespace weir::observe {
namespace {

constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* put_pair(char* at, std::uint32_t below_hundred) {
  std::memcpy(at, &kPairs[std::size_t{2} * below_hundred], 2);
  return at + 2;
}

// Writes the seconds and the point, and returns the rest of the duration. Whole seconds are mostly 0.
std::uint32_t put_whole(char*& at, std::uint64_t units, std::uint32_t second) {
  AccessLine line(at);
  std::uint64_t whole = 0;
  if (units >= second) {
    whole = units / second;
    units -= whole * second;
  }
  line.number(whole);
  line.put('.');
  at = line.end();
  return static_cast<std::uint32_t>(units);
}

char* put_not_reached(char* at) {
  *at++ = '-';
  *at++ = '1';
  return at;
}

}  // namespace

// Most are a status, or a size or port of a few digits.
char* put_number(char* at, std::uint64_t value) {
  if (value >= 10'000) return std::to_chars(at, at + 20, value).ptr;
  const auto low = static_cast<std::uint32_t>(value);
  if (low >= 1000) return put_pair(put_pair(at, low / 100), low % 100);
  if (low >= 100) {
    *at = static_cast<char>('0' + low / 100);
    return put_pair(at + 1, low % 100);
  }
  if (low >= 10) return put_pair(at, low);
  *at = static_cast<char>('0' + low);
  return at + 1;
}

char* put_seconds(char* at, base::Duration duration) {
  if (duration.count() < 0) return put_not_reached(at);
  const std::uint32_t micros = put_whole(at, static_cast<std::uint64_t>(duration.count()) / 1000, 1'000'000);
  at = put_pair(at, micros / 10'000);
  at = put_pair(at, micros / 100 % 100);
  return put_pair(at, micros % 100);
}

char* put_coarse_seconds(char* at, base::Duration duration) {
  if (duration.count() < 0) return put_not_reached(at);
  const std::uint32_t millis = put_whole(at, static_cast<std::uint64_t>(duration.count()) / 1'000'000, 1000);
  at = put_pair(at, millis / 10);
  *at++ = static_cast<char>('0' + millis % 10);
  return at;
}

}  // namespace weir::observe
