#include "lb/routing/cover_search.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "lb/base/text.h"
#include "lb/routing/matching.h"

namespace weir::routing {
namespace {

using model::NamedPatterns;
using model::Pattern;

// A condition of the later rule is covered if each of its alternatives is.
bool patterns_cover(const std::vector<Pattern>& earlier, const std::vector<Pattern>& later) {
  return std::ranges::all_of(later, [&](const Pattern& wanted) {
    return std::ranges::any_of(earlier, [&](const Pattern& pattern) { return pattern.covers(wanted); });
  });
}

bool methods_cover(const std::vector<std::string>& earlier, const std::vector<std::string>& later) {
  if (earlier.empty()) return true;
  return !later.empty() && std::ranges::all_of(later, [&](const std::string& method) {
    return std::ranges::find(earlier, method) != earlier.end();
  });
}

bool holds(const base::Cidr& outer, const base::Cidr& inner) {
  return outer.prefix <= inner.prefix && outer.contains(inner.network);
}

bool sources_cover(const std::vector<base::Cidr>& earlier, const std::vector<base::Cidr>& later) {
  if (earlier.empty()) return true;
  return !later.empty() && std::ranges::all_of(later, [&](const base::Cidr& inner) {
    return std::ranges::any_of(earlier, [&](const base::Cidr& outer) { return holds(outer, inner); });
  });
}

using SameName = bool (*)(const std::string& earlier, const std::string& later);

bool same_header(const std::string& a, const std::string& b) { return base::equals_ignoring_case(a, b); }
bool same_parameter(const std::string& a, const std::string& b) {
  return a == "*" || base::equals_ignoring_case(a, b);
}
bool same_cookie(const std::string& a, const std::string& b) { return a == b; }

// All conditions hold together: each of the earlier rule's has to follow from one of the later rule's.
bool named_cover(const std::vector<NamedPatterns>& earlier, const std::vector<NamedPatterns>& later,
                 SameName same_name) {
  return std::ranges::all_of(earlier, [&](const NamedPatterns& needed) {
    return std::ranges::any_of(later, [&](const NamedPatterns& given) {
      return same_name(needed.name, given.name) && patterns_cover(needed.values, given.values);
    });
  });
}

bool match_covers(const model::Match& earlier, const model::Match& later) {
  return methods_cover(earlier.methods, later.methods) &&
         named_cover(earlier.headers, later.headers, same_header) &&
         named_cover(earlier.query, later.query, same_parameter) &&
         named_cover(earlier.cookies, later.cookies, same_cookie) &&
         sources_cover(earlier.sources, later.sources) && covers(earlier.hosts, later.hosts) &&
         covers(earlier.paths, later.paths);
}

std::size_t pairs(const model::Match& a, const model::Match& b) {
  return 1 + a.hosts.size() * b.hosts.size() + a.paths.size() * b.paths.size() +
         a.sources.size() * b.sources.size() + a.methods.size() * b.methods.size();
}

}  // namespace

bool covers(const std::vector<Pattern>& wider, const std::vector<Pattern>& narrower) {
  return wider.empty() || (!narrower.empty() && patterns_cover(wider, narrower));
}

std::optional<std::size_t> CoverSearch::run() {
  look();
  others_ = true;
  if (has_others(match_)) look();
  return best_ == position_ ? std::nullopt : std::optional(best_);
}

void CoverSearch::look() {
  const Pattern* const host = match_.hosts.empty() ? nullptr : &match_.hosts.front();
  index_.for_each_bucket(host == nullptr ? std::nullopt : host->exact(),
                         host == nullptr ? std::string_view() : host->literal_suffix(),
                         [&](RuleIndex::Bucket bucket) { look_into(bucket); });
  for (const RuleIndex::HostPattern& each : index_.host_patterns()) {
    if (host == nullptr || each.first_rule >= best_ || !spend(1)) break;
    if (each.pattern->covers(*host)) look_into(each.bucket);
  }
}

void CoverSearch::look_into(RuleIndex::Bucket bucket) {
  const Pattern* path = match_.paths.empty() ? nullptr : &match_.paths.front();
  if (path != nullptr && path->letters() != Pattern::Case::sensitive) path = nullptr;
  index_.for_each_list(bucket, path == nullptr ? std::nullopt : path->exact(),
                       path == nullptr ? std::string_view() : path->literal_prefix(),
                       [&](const Candidate* list) { look_through(list); });
}

void CoverSearch::look_through(const Candidate* list) {
  for (const Candidate* each = list; each->rule() < best_; ++each) {
    if (each->asks_others() == others_) {
      const model::Match& earlier = rules_[each->rule()].match;
      if (!spend(pairs(earlier, match_))) return;
      if (match_covers(earlier, match_)) best_ = each->rule();
    }
    if (each->is_last()) return;
  }
}

bool CoverSearch::spend(std::size_t comparisons) {
  left_ -= std::min(left_, comparisons);
  return left_ != 0;
}

}  // namespace weir::routing
