#pragma once

#include <cstddef>
#include <string_view>

#include "lb/observe/counters.h"
#include "lb/wire/failure.h"

namespace weir::proxy {

// The words behind what the proxy counts, for the registry.
const observe::Vocabulary& vocabulary();

// The place of a failure in Vocabulary::errors: malformed messages count by what was wrong.
std::size_t error_index(const wire::Failure& failure);

}  // namespace weir::proxy
