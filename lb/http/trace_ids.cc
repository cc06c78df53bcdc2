#include "lb/http/trace_ids.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weir::http {
namespace {

constexpr std::size_t kMostRequestIdBytes = 128;

// The eight hexadecimal digits of a number, side by side in one word.
void put_hex(char* to, std::uint32_t number) {
  std::uint64_t digits = number;  // one in each byte, the lowest last
  digits = (digits | digits << 16) & 0x0000ffff0000ffff;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
  digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0f;
  const std::uint64_t above_nine = ((digits + 0x0606060606060606) >> 4) & 0x0101010101010101;
  std::uint64_t text = digits + 0x3030303030303030 + above_nine * ('a' - '0' - 10);
  if constexpr (std::endian::native == std::endian::little) text = std::byteswap(text);
  std::memcpy(to, &text, sizeof text);
}

void put_hex(char* to, std::uint64_t number) {
  put_hex(to, static_cast<std::uint32_t>(number >> 32));
  put_hex(to + 8, static_cast<std::uint32_t>(number));
}

}  // namespace

TraceIds::TraceIds(const std::array<std::uint64_t, 3>& random, std::uint64_t seconds) {
  char* to = traceparent_.data();
  std::memcpy(to, "00-", 3);
  put_hex(to + 3, random[0] | 1);  // an id of zeros is invalid
  put_hex(to + 19, random[1]);
  to[35] = '-';
  put_hex(to + 36, random[2] | 1);
  std::memcpy(to + 52, "-01", 3);
  std::memcpy(amazon_root_.data(), "Root=1-", 7);
  put_hex(amazon_root_.data() + 7, static_cast<std::uint32_t>(seconds));
  amazon_root_[15] = '-';
  std::memcpy(amazon_root_.data() + 16, to + 11, 24);
  std::ranges::copy(amazon_root_, amazon_self_.begin());
  std::memcpy(amazon_self_.data(), "Self", 4);
}

bool is_request_id(std::string_view value) {
  const auto fine = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  return !value.empty() && value.size() <= kMostRequestIdBytes && std::ranges::all_of(value, fine);
}

}  // namespace weir::http
