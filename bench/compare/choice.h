#pragma once

#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench::compare {

using NameSet = std::set<std::string, std::less<>>;

// The names in a list such as "small,close"; "all" and an empty list mean every one of `known`. The error
// names the first word that is none, and what it may have meant.
std::expected<NameSet, std::string> choose(std::string_view what, std::string_view list,
                                           const std::vector<std::string>& known);

}  // namespace weir::bench::compare
