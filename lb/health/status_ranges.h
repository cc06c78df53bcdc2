#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "lb/model/health_check.h"

// What a check expects of a status, of HTTP or of gRPC.
namespace weir::health {

bool contains(std::span<const model::StatusRange> ranges, std::uint16_t status);

// "200-299, 404", for details.
std::string ranges_text(std::span<const model::StatusRange> ranges);

}  // namespace weir::health
