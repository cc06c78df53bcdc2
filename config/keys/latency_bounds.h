#pragma once

#include "config/keys/codec.h"
#include "lb/model/latency_bounds.h"

namespace weir::config {

// At least one, at most forty, in ascending order.
Codec<model::LatencyBounds> latency_bounds();

}  // namespace weir::config
