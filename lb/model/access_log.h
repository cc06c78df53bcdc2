#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/model/place.h"

// What of the exchanges is written to the access log, how and where.
namespace weir::model {

// A member of the JSON, or a header of the request: what a template may name.
enum class AccessField : std::uint8_t {
  none,
  time,
  type,
  listener,
  client,
  client_port,
  tls_version,
  tls_cipher,
  server_name,
  proxied_alpn,
  proxied_server_name,
  proxied_tls_version,
  proxied_tls_cipher,
  target_group,
  target,
  target_id,
  zone,
  rule,
  method,
  url,
  protocol,
  status,
  target_status,
  grpc_status,
  received_bytes,
  sent_bytes,
  user_agent,
  request_id,
  trace_id,
  queue_seconds,
  connect_seconds,
  first_byte_seconds,
  total_seconds,
  attempts,
  reused,
  reason,
  classification,
  classification_reason,
  header,
};

// Each as it is written between the braces, in this order; "" for none.
std::span<const std::string_view> access_field_names();

// The literal parts and the fields in turn.
struct AccessTemplate {
  struct Part {
    std::string text = {};                  // before the field
    AccessField field = AccessField::none;  // the last part may have none behind it
    std::string header = {};                // the name, of a header
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> parts;
  bool operator==(const AccessTemplate&) const = default;
};

struct AccessTemplateError {
  enum class Kind : std::uint8_t { brace, unknown_field, not_a_header, secret_header, control_character };
  Kind kind;
  std::size_t at = 0;  // of what is wrong in the text
  std::size_t size = 1;
  std::string name = {};  // of the field or header
  bool operator==(const AccessTemplateError&) const = default;
};

// "{client} {header:Referer}"; `{{` and `}}` are the braces themselves.
std::expected<AccessTemplate, AccessTemplateError> parse_access_template(std::string_view text);
// As it was written.
std::string to_string(const AccessTemplate& text);

// Whether the values of this header are written nowhere, whatever is configured.
bool is_secret_header(std::string_view name);

struct AccessFormat {
  enum class Kind : std::uint8_t {
    json,
    alb,   // the fields of ALB in its order
    text,  // a template
  };
  Kind kind = Kind::json;
  AccessTemplate text = {};
  bool operator==(const AccessFormat&) const = default;
};

struct AccessLog {
  enum class Only : std::uint8_t { all, errors };

  // "off", "stdout", "stderr", "syslog:" and an address, or the absolute path of a file.
  std::string output = "stdout";
  Place output_place;
  AccessFormat format;
  Only only = Only::all;
  double sample = 100;  // in percent, of the exchanges that are no errors
  bool operator==(const AccessLog&) const = default;
};

// The address behind "syslog:"; empty where the output is something else.
std::string_view syslog_address(std::string_view output);

}  // namespace weir::model
