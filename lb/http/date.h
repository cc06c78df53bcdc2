#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// The date of HTTP (IMF-fixdate of RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
namespace weir::http {

class Date {
 public:
  // `seconds` since 1970, without leap seconds; years 1970 to 9999.
  explicit Date(std::int64_t seconds);
  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 29> text_{};
};

}  // namespace weir::http
