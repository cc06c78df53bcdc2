#include "lb/observe/access_line.h"

namespace weir::observe {
namespace {

// Whole seconds are mostly 0.
char* put_fraction(char* at, std::uint64_t units, std::uint32_t second, int places) {
  AccessLine line(at);
  std::uint64_t whole = 0;
  if (units >= second) {
    whole = units / second;
    units -= whole * second;
  }
  line.number(whole);
  line.put('.');
  char* const fraction = line.end();
  auto rest = static_cast<std::uint32_t>(units);
  for (int i = places - 1; i >= 0; --i, rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  return fraction + places;
}

char* put_not_reached(char* at) {
  *at++ = '-';
  *at++ = '1';
  return at;
}

}  // namespace

char* put_seconds(char* at, base::Duration duration) {
  if (duration.count() < 0) return put_not_reached(at);
  return put_fraction(at, static_cast<std::uint64_t>(duration.count()) / 1000, 1'000'000, 6);
}

char* put_coarse_seconds(char* at, base::Duration duration) {
  if (duration.count() < 0) return put_not_reached(at);
  return put_fraction(at, static_cast<std::uint64_t>(duration.count()) / 1'000'000, 1000, 3);
}

}  // namespace weir::observe
