#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "bench/backend/delay.h"
#include "lb/http/head.h"

// What a request is answered with: decided from the options and the request's path. Pure.
namespace weir::bench {

inline constexpr std::uint64_t kMostBody = std::uint64_t{1} << 30;  // of an answer, in bytes

enum class ErrorKind : std::uint8_t { status, reset, close };

// How a backend answers, as the command line says.
struct AnswerOptions {
  std::uint64_t body = 128;  // bytes, at most kMostBody
  std::uint16_t status = 200;
  http::FieldList fields;  // beside those that frame the answer
  DelayModel delay;
  double error_rate = 0;  // share of the requests
  ErrorKind error_kind = ErrorKind::status;
  std::uint16_t error_status = 503;
  std::uint64_t body_rate = 0;  // bytes a second; 0: as fast as it goes
  bool chunked = false;
  bool allow_die = false;
};

struct Plan {
  enum class Kind : std::uint8_t { answer, reset, close, die };
  Kind kind = Kind::answer;
  std::uint16_t status = 200;
  std::uint64_t body = 0;
  base::Duration delay{0};
  std::string complaint{};  // the body instead, where the path is wrong
};

// Paths override the options: /bytes/N, /delay/D, /status/CODE and /die. Some requests fail, as the error
// rate says.
Plan plan_for(std::string_view target, const AnswerOptions& options, base::Random& random);

// From 200 to 999: what can be a final answer.
std::expected<std::uint16_t, std::string> parse_status(std::string_view text);
// A size of at most kMostBody.
std::expected<std::uint64_t, std::string> parse_body_size(std::string_view text);
// "Name: value", of a field that does not frame the answer, is appended to `into`.
std::expected<void, std::string> add_field(std::string_view text, http::FieldList& into);

// Whether answers of this status have no content, whatever is asked for (RFC 9110 15.3.5, 15.3.6, 15.4.5).
constexpr bool is_bodiless(std::uint16_t status) { return status == 204 || status == 205 || status == 304; }

}  // namespace weir::bench
