#pragma once

#include <algorithm>
#include <cstdint>

#include "lb/http/h2_frame.h"

// Flow control of a stream or a connection (RFC 9113 5.2, 6.9), one direction. Only the payload of DATA
// frames counts, with its padding.
namespace weir::http {

// How much may still be sent. It may be below 0 after a change of SETTINGS_INITIAL_WINDOW_SIZE.
class H2SendWindow {
 public:
  explicit H2SendWindow(std::uint32_t size = 65535) : left_(size) {}

  std::uint32_t left() const { return left_ > 0 ? static_cast<std::uint32_t>(left_) : 0; }
  // `bytes` is at most left().
  void sent(std::uint32_t bytes) { left_ -= bytes; }
  // By a WINDOW_UPDATE, or by what read_settings() returned. False: FLOW_CONTROL_ERROR, nothing has changed.
  [[nodiscard]] bool grow(std::int64_t by) {
    if (left_ + by > kH2MaxWindow) return false;
    left_ += by;
    return true;
  }

 private:
  std::int64_t left_;
};

// How much the peer may still send, and how much of what it sent is done with but not given back to it.
class H2ReceiveWindow {
 public:
  explicit H2ReceiveWindow(std::uint32_t size = 65535) : size_(size), left_(size) {}

  // False: the peer sent more than it may, FLOW_CONTROL_ERROR.
  [[nodiscard]] bool received(std::uint32_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  // These bytes, which came before, are done with.
  void consumed(std::uint32_t bytes) { owed_ += bytes; }
  // The increment of a WINDOW_UPDATE that is worth its frame: at least half of the window; else 0. It counts
  // as sent.
  std::uint32_t give_back() { return owed_ >= std::max(size_ / 2, std::uint32_t{1}) ? give_all_back() : 0; }
  // As give_back(), for any number of bytes.
  std::uint32_t give_all_back() {
    const std::uint32_t increment = owed_;
    left_ += increment;
    owed_ = 0;
    return increment;
  }
  // A larger window than before; returns the increment for it.
  std::uint32_t enlarge(std::uint32_t size) {
    if (size <= size_) return 0;
    owed_ += size - size_;
    size_ = size;
    return give_all_back();
  }
  std::uint32_t left() const { return left_; }

 private:
  std::uint32_t size_;  // at most kH2MaxWindow; left_ + owed_ never exceeds it
  std::uint32_t left_;
  std::uint32_t owed_ = 0;
};

}  // namespace weir::http
