#pragma once

#include <cstdint>

namespace weir::http {

struct ParserLimits {
  std::uint64_t head_bytes = 64 * 1024;  // start line and fields; of a trailer section too
  std::uint32_t fields = 128;            // of trailers too
  std::uint64_t target_bytes = 16 * 1024;
};

}  // namespace weir::http
