#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string_view>

namespace weir::net {

// Cuts the bytes of a write into the plaintext of records: a head and a small body go into one, and a large
// body is taken from where it is. `room` has the size of a full record, and holds one whose bytes come from
// several parts.
class TlsRecords {
 public:
  // Without the first `skip` bytes; there are at least so many.
  TlsRecords(std::span<const iovec> parts, std::size_t skip, std::span<char> room);

  std::size_t left() const { return left_; }
  // Of the next record; empty: there is none. Valid until the next call.
  std::string_view next();

 private:
  std::string_view front() const;
  void advance(std::size_t bytes);

  std::span<const iovec> parts_;
  std::size_t at_ = 0;  // within the first of them
  std::size_t left_ = 0;
  std::span<char> room_;
};

}  // namespace weir::net
