#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "lb/sticky/keys.h"

namespace weir::sticky::test {

// Keys of the bytes 0x01..., 0x02..., in base64.
inline constexpr std::string_view kOnes = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
inline constexpr std::string_view kTwos = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
inline constexpr std::string_view kThrees = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";

inline std::shared_ptr<const Keys> keys(std::initializer_list<std::string_view> lines) {
  std::string text;
  for (const std::string_view line : lines) text.append(line).append("\n");
  auto parsed = Keys::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace weir::sticky::test
