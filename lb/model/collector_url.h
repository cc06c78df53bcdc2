#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace weir::model {

// Where a collector takes spans: http://HOST[:PORT]/PATH.
struct CollectorUrl {
  std::string authority;  // as it was written: the Host of requests
  std::string host;       // a name or an IP address, without brackets
  std::uint16_t port = 80;
  std::string path;  // with a query, if there is one

  std::string to_string() const { return "http://" + authority + path; }
  bool operator==(const CollectorUrl&) const = default;
};

enum class CollectorUrlError : std::uint8_t {
  not_a_url,
  needs_tls,  // https
  no_path,    // nothing behind the host: OTLP/HTTP has no default for a URL of one signal
};

std::expected<CollectorUrl, CollectorUrlError> parse_collector_url(std::string_view text);

}  // namespace weir::model
