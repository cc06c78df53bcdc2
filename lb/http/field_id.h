#pragma once

#include <cstdint>
#include <string_view>

// Field names that some rule knows, as small numbers, so that a name is compared once, by the
// parser, and never again.
namespace weir::http {

enum class FieldId : std::uint8_t {
  other,
  // framing and connection (RFC 9110 7.6.1, RFC 9112)
  connection,
  content_length,
  host,
  http2_settings,
  keep_alive,
  proxy_authenticate,
  proxy_authentication_info,
  proxy_authorization,
  proxy_connection,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  // about the way that a message took
  forwarded,
  traceparent,
  tracestate,
  via,
  x_amzn_trace_id,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_port,
  x_forwarded_proto,
  x_request_id,
  // end to end
  accept,
  authorization,
  cache_control,
  content_encoding,
  content_range,
  content_type,
  cookie,
  date,
  expect,
  expires,
  location,
  origin,
  proxy_status,
  referer,
  server,
  set_cookie,
  user_agent,
  www_authenticate,
};

// Case does not matter (RFC 9110 5.1). `name` has no control characters.
FieldId field_id(std::string_view name);

}  // namespace weir::http
