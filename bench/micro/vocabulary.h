#pragma once

#include <array>
#include <string_view>

#include "lb/observe/counters.h"

namespace weir::bench::micro {

// Of counters that nobody reads for their words.
inline constexpr std::array<std::string_view, 4> kWords{"one", "two", "three", "four"};
inline constexpr observe::Vocabulary kVocabulary{kWords, kWords, kWords, kWords, kWords};

}  // namespace weir::bench::micro
