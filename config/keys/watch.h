#pragma once

#include "config/keys/codec.h"
#include "lb/model/snapshot.h"

namespace weir::config {

// `auto`, `off` or `poll 2s`.
Codec<model::Watch> watch();

}  // namespace weir::config
