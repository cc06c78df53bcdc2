#pragma once

#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench::compare {

using NameSet = std::set<std::string, std::less<>>;

// The names in a list such as "small,close"; "all" and an empty list mean every one of `known`. The error
// names the first word that is none: what it may have meant, or why it cannot be chosen yet (`planned`, by
// name).
std::expected<NameSet, std::string> choose(std::string_view what, std::string_view list,
                                           const std::vector<std::string>& known,
                                           const std::map<std::string_view, std::string_view>& planned);

}  // namespace weir::bench::compare
