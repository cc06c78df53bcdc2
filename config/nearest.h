#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

// "did you mean 'rules'?" for the candidate that `word` most likely misspells; else
// "expected a, b or c" while the list is short; else nothing.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

// "a, b or c"
std::string alternatives(const std::vector<std::string>& words);

}  // namespace weir::config
