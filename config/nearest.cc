#include "config/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lb/base/text.h"

namespace weir::config {
namespace {

constexpr std::size_t kLongestWord = 64;

// Edits (insert, delete, change, swap of neighbours) that turn one word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

// Spelling alone decides: case and the choice of '-', '_' or ' ' are no difference.
std::string plain(std::string_view word) {
  std::string result = base::to_lower(word.substr(0, kLongestWord));
  std::ranges::replace(result, '-', '_');
  std::ranges::replace(result, ' ', '_');
  return result;
}

}  // namespace

const std::string* nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string wanted = plain(word);
  const std::string* best = nullptr;
  const auto begins = [](const std::string& word_or_part, const std::string& part) {
    return part.size() >= 3 && word_or_part.starts_with(part);
  };
  std::size_t fewest = std::max<std::size_t>(1, std::min<std::size_t>(3, wanted.size() / 3)) + 1;
  for (const std::string& candidate : candidates) {
    const std::string offered = plain(candidate);
    const std::size_t edits = distance(wanted, offered);
    if (edits < fewest && edits < offered.size()) {
      fewest = edits;
      best = &candidate;
    }
    if (best == nullptr && (begins(wanted, offered) || begins(offered, wanted))) best = &candidate;
  }
  return best;
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) result += i + 1 == words.size() ? " or " : ", ";
    result += words[i];
  }
  return result;
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kShortList = 16;
  if (const std::string* found = nearest(word, candidates)) return fmt::format("did you mean '{}'?", *found);
  if (candidates.empty() || candidates.size() > kShortList) return {};
  return "expected " + alternatives(candidates);
}

}  // namespace weir::config
