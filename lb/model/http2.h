#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

// HTTP/2 (RFC 9113), as the configuration describes it.
namespace weir::model {

// With clients.
struct Http2 {
  std::uint32_t streams = 128;            // that a client may have open on a connection
  std::uint64_t header_list = 64 * 1024;  // bytes of a request's fields, each with the 32 of RFC 9113 6.5.2
  std::uint32_t resets_per_second = 100;  // of streams, by a client; beyond that its connection ends
  bool operator==(const Http2&) const = default;
};

// With targets.
struct TargetHttp2 {
  std::uint32_t streams = 128;  // that weir has open on a connection
  // After as long without a byte while requests are under way.
  std::optional<std::chrono::milliseconds> ping = {};
  bool operator==(const TargetHttp2&) const = default;
};

}  // namespace weir::model
