#include "bench/compare/choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "config/nearest.h"
#include "lb/base/text.h"

namespace weir::bench::compare {

std::expected<NameSet, std::string> choose(std::string_view what, std::string_view list,
                                           const std::vector<std::string>& known) {
  NameSet chosen;
  std::optional<std::string> problem;
  base::for_each_list_element(list, [&](std::string_view word) {
    if (problem) return;
    if (word == "all") {
      chosen.insert(known.begin(), known.end());
    } else if (std::ranges::find(known, word) != known.end()) {
      chosen.emplace(word);
    } else {
      const std::string hint = config::suggest(word, known);
      problem = fmt::format("unknown {} '{}'{}{}", what, base::escape(word), hint.empty() ? "" : "; ", hint);
    }
  });
  if (problem) return std::unexpected(*problem);
  if (chosen.empty()) chosen.insert(known.begin(), known.end());
  return chosen;
}

}  // namespace weir::bench::compare
