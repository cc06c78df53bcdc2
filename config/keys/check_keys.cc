#include "config/keys/check_keys.h"

#include <cstdint>

namespace weir::config {
namespace {

using model::HealthCheck;

enum Style : std::uint8_t { kTcp = 1, kHttp = 2, kGrpcHealth = 4, kGrpcCall = 8 };

Style style_of(const HealthCheck& check) {
  switch (check.protocol) {
    case HealthCheck::Protocol::tcp: return kTcp;
    case HealthCheck::Protocol::grpc: return check.path.empty() ? kGrpcHealth : kGrpcCall;
    default: return kHttp;
  }
}

struct Setting {
  std::string_view key;
  unsigned users;  // styles
  void (*forget)(HealthCheck& check, const HealthCheck& defaults);
};

constexpr unsigned kMessages = kHttp | kGrpcHealth | kGrpcCall;
constexpr Setting kSettings[] = {
    {"path", kMessages, [](HealthCheck& check, const HealthCheck& none) { check.path = none.path; }},
    {"method", kHttp, [](HealthCheck& check, const HealthCheck& none) { check.method = none.method; }},
    {"service", kGrpcHealth,
     [](HealthCheck& check, const HealthCheck& none) { check.service = none.service; }},
    {"host", kMessages, [](HealthCheck& check, const HealthCheck& none) { check.host = none.host; }},
    {"headers", kMessages, [](HealthCheck& check, const HealthCheck& none) { check.headers = none.headers; }},
    {"expect.status", kHttp,
     [](HealthCheck& check, const HealthCheck& none) { check.expect.status = none.expect.status; }},
    {"expect.body", kHttp,
     [](HealthCheck& check, const HealthCheck& none) { check.expect.body = none.expect.body; }},
    {"expect.header", kHttp,
     [](HealthCheck& check, const HealthCheck& none) { check.expect.headers = none.expect.headers; }},
    {"expect.grpc", kGrpcCall,
     [](HealthCheck& check, const HealthCheck& none) { check.expect.grpc = none.expect.grpc; }},
};

std::string_view whom(Style style, const Setting& setting) {
  const bool either = (setting.users & (kGrpcHealth | kGrpcCall)) != 0;
  switch (style) {
    case kTcp: return "a tcp check";
    case kHttp: return "an http check";
    case kGrpcHealth: return either ? "a grpc check without a path" : "a grpc check";
    case kGrpcCall: return either ? "a grpc check with a path" : "a grpc check";
  }
  return "";
}

}  // namespace

std::vector<UnusedKey> unused_keys(const HealthCheck& check) {
  const Style style = style_of(check);
  std::vector<UnusedKey> keys;
  for (const Setting& setting : kSettings) {
    if ((setting.users & style) == 0) keys.push_back({setting.key, whom(style, setting)});
  }
  return keys;
}

void forget_unused(HealthCheck& check) {
  const HealthCheck defaults;
  const Style style = style_of(check);
  for (const Setting& setting : kSettings) {
    if ((setting.users & style) == 0) setting.forget(check, defaults);
  }
}

}  // namespace weir::config
