#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/model/health_check.h"

// Which of a check's keys have a meaning for its protocol. Pure.
namespace weir::config {

struct UnusedKey {
  std::string_view key;   // below health_check: "expect.grpc"
  std::string_view whom;  // "a tcp check": who has no use for it
  bool operator==(const UnusedKey&) const = default;
};
std::vector<UnusedKey> unused_keys(const model::HealthCheck& check);

// Those keys have their defaults, as if they had not been written.
void forget_unused(model::HealthCheck& check);

}  // namespace weir::config
