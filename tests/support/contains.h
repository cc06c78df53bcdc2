#pragma once

#include <string>
#include <string_view>

namespace weir::test {

// A function, so that a failed check shows the text.
inline bool contains(const std::string& text, std::string_view part) { return text.contains(part); }

}  // namespace weir::test
