#include "lb/http/grpc_status.h"

#include <algorithm>
#include <array>

#include "lb/base/text.h"

namespace weir::http {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// In the order of the enumeration.
constexpr std::array kWords = std::to_array<std::string_view>({
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
});
static_assert(kWords.size() == static_cast<std::size_t>(GrpcStatus::unauthenticated) + 1);

bool is_plain(char c) { return c >= 0x20 && c <= 0x7e && c != '%'; }

// The value of a hexadecimal digit; 16 for anything else.
unsigned hex_value(char c) {
  const char low = base::lower(c);
  if (base::is_digit(low)) return static_cast<unsigned>(low - '0');
  return low >= 'a' && low <= 'f' ? static_cast<unsigned>(low - 'a' + 10) : 16;
}

}  // namespace

bool is_grpc(std::string_view content_type) {
  if (content_type.size() < kGrpcContentType.size()) return false;
  if (!base::equals_ignoring_case(content_type.substr(0, kGrpcContentType.size()), kGrpcContentType)) {
    return false;
  }
  const std::string_view rest = content_type.substr(kGrpcContentType.size());
  if (rest.starts_with('+')) return rest.size() > 1;
  const std::string_view parameters = base::trim(rest);
  return parameters.empty() || parameters.starts_with(';');
}

std::string_view word(GrpcStatus status) { return kWords[static_cast<std::size_t>(status)]; }

std::string_view grpc_status_word(std::uint16_t number) {
  return number < kWords.size() ? kWords[number] : "UNRECOGNIZED";
}

bool is_server_failure(std::uint16_t number) {
  if (number >= kWords.size()) return false;
  switch (static_cast<GrpcStatus>(number)) {
    case GrpcStatus::unknown:
    case GrpcStatus::deadline_exceeded:
    case GrpcStatus::unimplemented:
    case GrpcStatus::internal:
    case GrpcStatus::unavailable:
    case GrpcStatus::data_loss: return true;
    default: return false;
  }
}

std::optional<std::uint16_t> read_grpc_status(std::string_view value) {
  if (value.size() > 3) return std::nullopt;
  const auto number = base::parse_decimal(value);
  if (!number) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

GrpcStatus grpc_status_of_answer(std::uint16_t http_status) {
  switch (http_status) {
    case 400:
    case 431: return GrpcStatus::internal;
    case 401: return GrpcStatus::unauthenticated;
    case 403: return GrpcStatus::permission_denied;
    case 404: return GrpcStatus::unimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return GrpcStatus::unavailable;
    default: return GrpcStatus::unknown;
  }
}

GrpcStatus grpc_status_of_own(std::uint16_t http_status) {
  switch (http_status) {
    case 405:  // a call is a POST, and has a known coding
    case 501: return GrpcStatus::unimplemented;
    case 408: return GrpcStatus::cancelled;  // the client did not go on: to repeat it helps nobody
    case 413: return GrpcStatus::resource_exhausted;
    case 414:
    case 417:
    case 463:
    case 500:
    case 505:
    case 508: return GrpcStatus::internal;
    default: return grpc_status_of_answer(http_status);
  }
}

std::string encode_grpc_message(std::string_view message, std::size_t most) {
  message = message.substr(0, most);
  std::string value;
  value.reserve(message.size());
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    const bool at_end = i == 0 || i + 1 == message.size();
    if (is_plain(c) && !(c == ' ' && at_end)) {
      value += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    value += {'%', kHexDigits[byte >> 4], kHexDigits[byte & 0x0f]};
  }
  return value;
}

std::string decode_grpc_message(std::string_view value, std::size_t most) {
  std::string message;
  for (std::size_t i = 0; i < value.size() && message.size() < most; ++i) {
    const bool encoded = value[i] == '%' && value.size() - i > 2 && hex_value(value[i + 1]) < 16 &&
                         hex_value(value[i + 2]) < 16;
    if (!encoded) {
      message += value[i];
      continue;
    }
    message += static_cast<char>(hex_value(value[i + 1]) << 4 | hex_value(value[i + 2]));
    i += 2;
  }
  return message;
}

}  // namespace weir::http
