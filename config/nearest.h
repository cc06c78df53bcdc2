#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

// The candidate that `word` most likely misspells; null if it resembles none.
const std::string* nearest(std::string_view word, const std::vector<std::string>& candidates);

// "did you mean 'rules'?" for the candidate that `word` most likely misspells; else
// "expected a, b or c" while the list is short; else nothing.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

// "a, b or c"
std::string alternatives(const std::vector<std::string>& words);

}  // namespace weir::config
