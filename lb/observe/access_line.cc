#include "lb/observe/access_line.h"

#include <charconv>

namespace weir::observe {
namespace {

char* put_pair(char* at, std::uint32_t below_hundred) {
  std::memcpy(at, &kDigitPairs[std::size_t{2} * below_hundred], 2);
  return at + 2;
}

// The whole seconds, which it takes off, and the point. They are mostly 0.
char* put_whole(char* at, std::uint64_t& units, std::uint32_t second) {
  if (units < second) {
    *at++ = '0';
  } else {
    at = put_number(at, units / second);
    units %= second;
  }
  *at++ = '.';
  return at;
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
  std::uint64_t micros = static_cast<std::uint64_t>(duration.count()) / 1000;
  at = put_whole(at, micros, 1'000'000);
  AccessLine line(at);
  line.six_digits(static_cast<std::uint32_t>(micros));
  return line.end();
}

char* put_coarse_seconds(char* at, base::Duration duration) {
  if (duration.count() < 0) return put_not_reached(at);
  std::uint64_t millis = static_cast<std::uint64_t>(duration.count()) / 1'000'000;
  at = put_whole(at, millis, 1000);
  const auto rest = static_cast<std::uint32_t>(millis);
  at = put_pair(at, rest / 10);
  *at++ = static_cast<char>('0' + rest % 10);
  return at;
}

}  // namespace weir::observe
