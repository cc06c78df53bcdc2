#include "lb/observe/access_line.h"

#include <array>

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
