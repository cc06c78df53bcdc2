#include "lb/http/grpc_health.h"

#include <optional>

namespace weir::http {
namespace {

constexpr std::size_t kPrefixBytes = 5;  // a flag, then the length
constexpr std::uint64_t kField = 1;      // service in the request, status in the answer

// The wire types of Protocol Buffers. Groups (3 and 4) are of its first version, and not read.
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

constexpr std::uint64_t tag(std::uint64_t field, WireType type) {
  return field << 3 | static_cast<std::uint64_t>(type);
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Takes it off the front of `bytes`. Absent: it does not end in 10 bytes.
std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 10 && i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    bytes.remove_prefix(i + 1);
    return value;
  }
  return std::nullopt;
}

bool skip(std::string_view& bytes, std::uint64_t count) {
  if (bytes.size() < count) return false;
  bytes.remove_prefix(count);
  return true;
}

bool skip_value(std::string_view& bytes, WireType type) {
  switch (type) {
    case WireType::varint: return take_varint(bytes).has_value();
    case WireType::fixed64: return skip(bytes, 8);
    case WireType::bytes: {
      const auto size = take_varint(bytes);
      return size && skip(bytes, *size);
    }
    case WireType::fixed32: return skip(bytes, 4);
  }
  return false;
}

// The last one counts; none means the first value, as always in proto3.
std::optional<GrpcServing> read_status(std::string_view message) {
  GrpcServing status = GrpcServing::unknown;
  while (!message.empty()) {
    const auto key = take_varint(message);
    if (!key || *key > UINT32_MAX || *key >> 3 == 0) return std::nullopt;
    if (*key != tag(kField, WireType::varint)) {
      if (!skip_value(message, WireType{static_cast<std::uint8_t>(*key & 7)})) return std::nullopt;
      continue;
    }
    const auto value = take_varint(message);
    if (!value) return std::nullopt;
    status = GrpcServing{static_cast<std::uint32_t>(*value)};
  }
  return status;
}

}  // namespace

std::string grpc_health_request(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    put_varint(message, tag(kField, WireType::bytes));
    put_varint(message, service.size());
    message += service;
  }
  std::string content(1, '\0');
  for (const int shift : {24, 16, 8, 0}) content += static_cast<char>(message.size() >> shift & 0xff);
  return content += message;
}

std::string_view word(GrpcServing serving) {
  switch (serving) {
    case GrpcServing::unknown: return "UNKNOWN";
    case GrpcServing::serving: return "SERVING";
    case GrpcServing::not_serving: return "NOT_SERVING";
    case GrpcServing::service_unknown: return "SERVICE_UNKNOWN";
  }
  return "UNRECOGNIZED";
}

std::string_view word(GrpcMessageProblem problem) {
  switch (problem) {
    case GrpcMessageProblem::incomplete: return "incomplete";
    case GrpcMessageProblem::compressed: return "compressed";
    case GrpcMessageProblem::too_large: return "too_large";
    case GrpcMessageProblem::surplus: return "surplus";
    case GrpcMessageProblem::malformed: return "malformed";
  }
  return "";
}

std::expected<GrpcServing, GrpcMessageProblem> read_grpc_health(std::string_view content) {
  if (content.size() > kGrpcHealthBytes) return std::unexpected(GrpcMessageProblem::too_large);
  if (content.size() < kPrefixBytes) return std::unexpected(GrpcMessageProblem::incomplete);
  std::uint64_t size = 0;
  for (std::size_t i = 1; i < kPrefixBytes; ++i) size = size << 8 | static_cast<unsigned char>(content[i]);
  if (size > kGrpcHealthBytes - kPrefixBytes) return std::unexpected(GrpcMessageProblem::too_large);
  const std::string_view message = content.substr(kPrefixBytes);
  if (message.size() < size) return std::unexpected(GrpcMessageProblem::incomplete);
  if (message.size() > size) return std::unexpected(GrpcMessageProblem::surplus);
  if (content[0] == 1) return std::unexpected(GrpcMessageProblem::compressed);
  const auto status = content[0] == 0 ? read_status(message) : std::nullopt;
  if (!status) return std::unexpected(GrpcMessageProblem::malformed);
  return *status;
}

}  // namespace weir::http
