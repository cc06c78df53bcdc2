#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace weir::bench {

// Where requests go, as a user writes it: http://host:port/path?query, or ws:// for WebSocket messages;
// https:// and wss:// are the same over TLS.
struct Url {
  bool web_socket = false;
  bool secure = false;
  std::string authority;  // as in Host: without the port if it is the scheme's
  std::string address;    // "host:port", to be looked up
  std::string target;     // "/path?query"

  std::string_view scheme() const;
  bool operator==(const Url&) const = default;
};

// The error says what is wrong with the text.
std::expected<Url, std::string> parse_url(std::string_view text);

}  // namespace weir::bench
