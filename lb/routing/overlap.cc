#include "lb/routing/overlap.h"

#include <algorithm>
#include <optional>
#include <set>

#include "lb/routing/cover_search.h"

namespace weir::routing {
namespace {

using model::Pattern;

// Of one rule so many are looked at: the effort is bounded.
constexpr std::size_t kMostAlternatives = 64;
constexpr std::size_t kMostMethods = 16;

bool does_the_same(const model::Rule& a, const model::Rule& b) {
  return a.action == b.action && a.rewrite == b.rewrite && a.request_fields == b.request_fields &&
         a.response_fields == b.response_fields && a.response_timeout == b.response_timeout;
}

bool forwards(const model::Rule& rule) { return std::holds_alternative<model::ForwardAction>(rule.action); }

bool is_narrower(const model::Match& match, const model::Match& than) {
  return !(covers(match.hosts, than.hosts) && covers(match.paths, than.paths));
}

bool takes_all(const std::vector<Pattern>& patterns) {
  return patterns.empty() || std::ranges::any_of(patterns, [](const Pattern& pattern) {
           const auto prefix = pattern.prefix();
           return prefix && (prefix->empty() || *prefix == "/");
         });
}

class Finder {
 public:
  explicit Finder(std::span<const model::Rule> rules) : rules_(rules), index_(rules) {}

  std::optional<Overlap> find(std::size_t rule) const {
    const model::Match& match = rules_[rule].match;
    if (taker_of(rule, match)) return std::nullopt;  // all of it
    if (auto dead = dead_pattern(rule, &model::Match::hosts, Overlap::Kind::host)) return dead;
    if (auto dead = dead_pattern(rule, &model::Match::paths, Overlap::Kind::path)) return dead;
    return lost_method(rule);
  }

  // Those that some rule asks for.
  void collect_methods() {
    for (const model::Rule& rule : rules_) {
      for (const std::string& method : rule.match.methods) {
        if (methods_.size() < kMostMethods) methods_.insert(method);
      }
    }
  }

 private:
  std::optional<std::size_t> taker_of(std::size_t rule, const model::Match& match) const {
    return CoverSearch(rules_, index_, rule, match).run();
  }

  std::optional<Overlap> dead_pattern(std::size_t rule, std::vector<Pattern> model::Match::* condition,
                                      Overlap::Kind kind) const {
    const std::vector<Pattern>& patterns = rules_[rule].match.*condition;
    if (patterns.size() < 2 || patterns.size() > kMostAlternatives) return std::nullopt;
    model::Match part = rules_[rule].match;
    for (const Pattern& pattern : patterns) {
      part.*condition = {pattern};
      const auto by = taker_of(rule, part);
      if (by && !does_the_same(rules_[*by], rules_[rule])) return Overlap{rule, *by, kind, pattern.text()};
    }
    return std::nullopt;
  }

  std::optional<Overlap> lost_method(std::size_t rule) const {
    const model::Rule& later = rules_[rule];
    if (!forwards(later)) return std::nullopt;
    model::Match part = later.match;
    for (const std::string& method : methods_) {
      if (!later.match.methods.empty() &&
          std::ranges::find(later.match.methods, method) == later.match.methods.end())
        continue;
      part.methods = {method};
      const auto by = taker_of(rule, part);
      if (by && looks_wrong(rules_[*by], later)) return Overlap{rule, *by, Overlap::Kind::method, method};
    }
    return std::nullopt;
  }

  static bool looks_wrong(const model::Rule& earlier, const model::Rule& later) {
    const bool names_something = !takes_all(earlier.match.hosts) || !takes_all(earlier.match.paths);
    return names_something && forwards(earlier) && !earlier.match.methods.empty() &&
           !does_the_same(earlier, later) && is_narrower(later.match, earlier.match);
  }

  std::span<const model::Rule> rules_;
  const RuleIndex index_;
  std::set<std::string> methods_;
};

}  // namespace

std::vector<Overlap> find_overlaps(std::span<const model::Rule> rules) {
  std::vector<Overlap> overlaps;
  Finder finder(rules);
  finder.collect_methods();
  for (std::size_t rule = 1; rule < rules.size(); ++rule) {
    if (auto overlap = finder.find(rule)) overlaps.push_back(*std::move(overlap));
  }
  return overlaps;
}

}  // namespace weir::routing
