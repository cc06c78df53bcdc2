#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// The ids that weir gives to a request that brings none, all made of the same random bits, so that
// one finds the other: X-Request-Id is the trace id of traceparent, and its end is that of the root
// of X-Amzn-Trace-Id.
namespace weir::http {

class TraceIds {
 public:
  static constexpr std::size_t kRequestIdSize = 32;
  static constexpr std::size_t kAmazonRootSize = 40;

  TraceIds() = default;
  // 24 random bytes and the time, in seconds since 1970.
  TraceIds(const std::array<std::uint64_t, 3>& random, std::uint64_t seconds);

  std::string_view request_id() const { return {traceparent_.data() + 3, kRequestIdSize}; }
  // W3C Trace Context, version 00. Flagged as sampled, for a weir that itself records nothing: samplers
  // that follow their parent, the default of OpenTelemetry, would drop every trace otherwise.
  std::string_view traceparent() const { return {traceparent_.data(), traceparent_.size()}; }
  std::string_view trace_id() const { return traceparent().substr(3, 32); }
  std::string_view span_id() const { return traceparent().substr(36, 16); }
  std::string_view amazon_id() const { return amazon_root().substr(5); }  // "1-<time>-<24 digits>"
  // "Root=" and "Self=" with it.
  std::string_view amazon_root() const { return {amazon_root_.data(), amazon_root_.size()}; }
  std::string_view amazon_self() const { return {amazon_self_.data(), amazon_self_.size()}; }

 private:
  std::array<char, 55> traceparent_{};
  std::array<char, kAmazonRootSize> amazon_root_{};
  std::array<char, kAmazonRootSize> amazon_self_{};
};

// Whether an X-Request-Id is worth keeping: short, printable, without spaces and quotes.
bool is_request_id(std::string_view value);

}  // namespace weir::http
