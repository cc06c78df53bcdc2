#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "lb/model/rule.h"

namespace weir::routing {

// The URL that a client has asked for.
struct RequestedUrl {
  std::string_view scheme;  // "http" or "https"
  std::string_view host;    // without the port; an IPv6 address with its brackets
  std::uint16_t port = 80;  // the one that the client connected to
  std::string_view target;  // the original bytes: a path, and a query behind a question mark
};

enum class RedirectError : std::uint8_t {
  loop,               // the Location is the requested URL
  control_character,  // in the Location
  bad_scheme,         // neither http nor https
  bad_authority,      // no host and port
  bad_path,           // without a leading slash, or with bytes that no URL has
};

std::string_view to_string(RedirectError error);

// The Location of a redirect. Parts that are not written stay as they are; port 80 of http and 443 of https
// are left out. Where the scheme changes and no port is written, the old scheme's default port becomes the
// new one's.
std::expected<std::string, RedirectError> redirect_location(const model::RedirectAction& action,
                                                            const RequestedUrl& url);

}  // namespace weir::routing
