#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lb/http/h2_frame.h"

// What one side of an HTTP/2 connection has declared (RFC 9113 6.5.2, RFC 8441 3). The values here are the
// initial ones; UINT32_MAX is no limit.
namespace weir::http {

enum class H2Role : std::uint8_t { client, server };

struct H2Settings {
  std::uint32_t header_table_size = 4096;  // of the HPACK decoder of this side
  std::uint32_t max_concurrent_streams = UINT32_MAX;
  std::uint32_t initial_window = 65535;
  std::uint32_t max_frame = kH2MinMaxFrame;
  std::uint32_t max_header_list = UINT32_MAX;
  bool enable_push = true;
  bool enable_connect_protocol = false;

  bool operator==(const H2Settings&) const = default;
};

// The payload of a SETTINGS frame that is no ACK, sent by the side `from`: changes `settings`, which are of
// that side. Gives what is added to the window of every stream (may be below 0). An error is one of the
// connection; then only some of the settings may be changed.
std::expected<std::int64_t, H2Error> read_settings(H2Settings& settings, H2Role from,
                                                   std::string_view payload);

// Appends the SETTINGS frame with all that differs from the initial values.
void write_settings(std::string& out, const H2Settings& settings);

}  // namespace weir::http
