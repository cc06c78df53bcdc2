#include "lb/net/tls_records.h"

#include <algorithm>
#include <cstring>

namespace weir::net {

TlsRecords::TlsRecords(std::span<const iovec> parts, std::size_t skip, std::span<char> room)
    : parts_(parts), room_(room) {
  for (const iovec& part : parts) left_ += part.iov_len;
  advance(skip);
}

std::string_view TlsRecords::front() const {
  return {static_cast<const char*>(parts_.front().iov_base) + at_, parts_.front().iov_len - at_};
}

void TlsRecords::advance(std::size_t bytes) {
  left_ -= bytes;
  at_ += bytes;
  while (!parts_.empty() && at_ >= parts_.front().iov_len) {
    at_ -= parts_.front().iov_len;
    parts_ = parts_.subspan(1);
  }
}

std::string_view TlsRecords::next() {
  const std::size_t size = std::min(left_, room_.size());
  if (size == 0) return {};
  if (const std::string_view whole = front().substr(0, size); whole.size() == size) {
    advance(size);
    return whole;
  }
  for (std::size_t gathered = 0; gathered < size;) {
    const std::string_view piece = front().substr(0, size - gathered);
    std::memcpy(room_.data() + gathered, piece.data(), piece.size());
    gathered += piece.size();
    advance(piece.size());
  }
  return {room_.data(), size};
}

}  // namespace weir::net
