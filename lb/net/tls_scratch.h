#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "lb/net/loop.h"

namespace weir::net {

// What the TLS streams of one loop share, so that none of them has buffers of its own. One per loop; it
// outlives the streams. Nothing stays in it from one call of a stream to the next.
class TlsScratch {
 public:
  static constexpr std::size_t kRecord = 16 * 1024;  // the most plaintext in a record (RFC 8446 5.1)
  static constexpr std::size_t kRecords = 4;         // that one call seals at most

  explicit TlsScratch(Loop& of) : loop(of) { sealed.reserve(kRecords * (kRecord + 256)); }
  ~TlsScratch() = default;
  TlsScratch(const TlsScratch&) = delete;
  TlsScratch& operator=(const TlsScratch&) = delete;

  Loop& loop;
  std::array<char, kRecord> gathered{};  // plaintext of a record that comes from several places
  std::string sealed;                    // records that go out together
};

}  // namespace weir::net
