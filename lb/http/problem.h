#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// Why a message was refused. One value carries what every part needs of it: the answer, the word of
// logs and metrics, the Proxy-Status error and the desync class.
namespace weir::http {

enum class Problem : std::uint8_t {
  none,
  // named as AWS ALB's desync reasons
  ambiguous_uri,
  bad_content_length,
  bad_header,
  bad_method,
  bad_transfer_encoding,
  bad_uri,
  bad_version,
  both_te_cl_present,
  duplicate_content_length,  // the same number again
  empty_header,
  get_head_zero_content_length,
  multiple_content_length,  // different numbers
  multiple_transfer_encoding_chunked,
  non_compliant_header,
  suspicious_header,
  undefined_content_length_semantics,
  undefined_transfer_encoding_semantics,
  // our own
  bad_authority,
  bad_chunk,
  bad_expectation,
  bad_http2,  // of a target: its frames, and not one response
  bad_start_line,
  bad_status_line,
  bad_trailer,
  closed_before_response,
  header_too_large,
  http2_preface,
  incomplete_body,
  incomplete_head,
  missing_host,
  repeated_host,
  target_too_long,
  tls_on_plain_port,
  too_many_forwarded_addresses,
  too_many_headers,
  unknown_method,
  unsupported_transfer_coding,
  unsupported_version,
  via_loop,  // the last one
};

inline constexpr std::size_t kProblems = static_cast<std::size_t>(Problem::via_loop) + 1;

// How dangerous an oddity is, by the classes of AWS ALB. none: no matter of desynchronisation.
enum class DesyncClass : std::uint8_t { none, acceptable, ambiguous, severe };

struct ProblemTraits {
  std::uint16_t status;  // the answer if a request has this problem; a response's is always 502
  DesyncClass desync;
  std::string_view reason;       // in logs and metrics
  std::string_view proxy_error;  // RFC 9209 error type if a response has this problem; a request's is
                                 // http_request_error, except for proxy_loop_detected
};

const ProblemTraits& traits(Problem problem);

std::string_view to_string(DesyncClass desync);  // "acceptable", ...

}  // namespace weir::http
