#pragma once

#include <string_view>

#include "lb/observe/access_line.h"
#include "lb/observe/access_record.h"

namespace weir::observe {

constexpr std::size_t kUrlFixedRoom = 16;  // beside scheme, authority and request target

inline bool names_port(std::string_view authority) {
  return authority.contains(':') && authority.find(']', authority.rfind(':')) == std::string_view::npos;
}

// scheme://host:port/path?query; without a path for "*" (RFC 9110 7.1) and for CONNECT; and only the request
// target where the client named no host. `put` writes a text with its escapes.
template <class Put>
void put_url(AccessLine& line, const AccessRecord& record, Put put) {
  const bool absolute = !record.authority.empty();
  if (absolute) {
    if (record.secure) {
      line.literal<"https://">();
    } else {
      line.literal<"http://">();
    }
    put(record.authority);
    if (!record.port.empty() && !names_port(record.authority)) {
      line.put(':');
      line.raw(record.port);
    }
  }
  if (!absolute || record.request_target.starts_with('/')) put(record.request_target);
}

}  // namespace weir::observe
