#pragma once

#include <cstdint>

namespace weir::bench {

// Raises the limit of open files as far as it goes, for this process and those that it starts; returns it.
std::uint64_t raise_descriptor_limit();

}  // namespace weir::bench
