#include "lb/routing/matching.h"

#include <algorithm>
#include <array>

#include "lb/base/text.h"

namespace weir::routing {
namespace {

using model::Match;
using model::NamedPatterns;
using model::Pattern;

constexpr std::array<std::string_view, 7> kConditionNames = {"host",  "path",   "method", "header",
                                                             "query", "cookie", "source"};

// What does not hold: a condition, and of those with a name, which.
struct Failing {
  Condition condition;
  const NamedPatterns* named = nullptr;
};

bool any_matches(const std::vector<Pattern>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const Pattern& pattern) { return pattern.matches(text); });
}

bool host_holds(const Match& match, Facts& facts) {
  return match.hosts.empty() || any_matches(match.hosts, facts.host());
}

bool method_holds(const Match& match, const Facts& facts) {
  return match.methods.empty() || std::ranges::find(match.methods, facts.method()) != match.methods.end();
}

bool source_holds(const Match& match, const Facts& facts) {
  return match.sources.empty() || std::ranges::any_of(match.sources, [&](const base::Cidr& network) {
           return network.contains(facts.client());
         });
}

// Calls `each` with the values that a condition asks about, in order, until it returns true; the result says
// whether it did.
template <class Each>
bool any_header(const http::FieldList& fields, std::string_view name, Each&& each) {
  const http::FieldId id = http::field_id(name);
  if (!fields.has(id)) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (field.id != id) continue;
    if (id == http::FieldId::other && !base::equals_ignoring_case(field.name, name)) continue;
    if (each(field.value)) return true;
  }
  return false;
}

template <class Each>
bool any_named(const NamedValues& values, std::string_view name, Each&& each) {
  for (auto at = values.first(name); at; at = values.next(*at)) {
    if (each(values.value(*at))) return true;
  }
  return false;
}

// Nearly all names are short: those are put into lower case without an allocation.
template <class Each>
bool any_parameter(const NamedValues& query, std::string_view name, Each&& each) {
  if (name == "*") {
    for (std::size_t i = 0; i < query.size(); ++i) {
      if (each(query.value(i))) return true;
    }
    return false;
  }
  std::array<char, 128> lower{};
  if (name.size() > lower.size()) return any_named(query, base::to_lower(name), each);
  std::ranges::transform(name, lower.begin(), base::lower);
  return any_named(query, {lower.data(), name.size()}, each);
}

template <class Each>
bool any_value(Condition condition, const NamedPatterns& named, Facts& facts, Each&& each) {
  switch (condition) {
    case Condition::header: return any_header(facts.fields(), named.name, each);
    case Condition::query: return any_parameter(facts.query(), named.name, each);
    case Condition::cookie: return any_named(facts.cookies(), named.name, each);
    default: return false;
  }
}

const NamedPatterns* find_failing(Condition condition, const std::vector<NamedPatterns>& all, Facts& facts) {
  for (const NamedPatterns& named : all) {
    const auto wanted = [&](std::string_view value) { return any_matches(named.values, value); };
    if (!any_value(condition, named, facts, wanted)) return &named;
  }
  return nullptr;
}

std::optional<Failing> failing_other(const Match& match, Facts& facts) {
  if (!method_holds(match, facts)) return Failing{Condition::method};
  if (const auto* named = find_failing(Condition::header, match.headers, facts)) {
    return Failing{Condition::header, named};
  }
  if (const auto* named = find_failing(Condition::query, match.query, facts)) {
    return Failing{Condition::query, named};
  }
  if (const auto* named = find_failing(Condition::cookie, match.cookies, facts)) {
    return Failing{Condition::cookie, named};
  }
  if (!source_holds(match, facts)) return Failing{Condition::source};
  return std::nullopt;
}

std::optional<Failing> find_failing(const Match& match, Facts& facts) {
  if (!host_holds(match, facts)) return Failing{Condition::host};
  if (!path_holds(match, facts)) return Failing{Condition::path};
  return failing_other(match, facts);
}

std::optional<std::string> seen_values(const Failing& failing, Facts& facts) {
  std::optional<std::string> seen;
  any_value(failing.condition, *failing.named, facts, [&](std::string_view value) {
    if (seen) {
      seen->append(", ").append(value);
    } else {
      seen.emplace(value);
    }
    return false;
  });
  return seen;
}

std::optional<std::string> seen(const Failing& failing, Facts& facts) {
  switch (failing.condition) {
    case Condition::host: return std::string(facts.host());
    case Condition::path: return std::string(facts.path());
    case Condition::method: return std::string(facts.method());
    case Condition::source: return facts.client().to_string();
    default: return seen_values(failing, facts);
  }
}

}  // namespace

std::string_view to_string(Condition condition) {
  return kConditionNames[static_cast<std::size_t>(condition)];
}

bool path_holds(const Match& match, Facts& facts) {
  return match.paths.empty() || any_matches(match.paths, facts.path());
}

bool has_others(const Match& match) {
  return !match.methods.empty() || !match.headers.empty() || !match.query.empty() || !match.cookies.empty() ||
         !match.sources.empty();
}

bool others_hold(const Match& match, Facts& facts) { return !failing_other(match, facts); }

bool matches(const model::Rule& rule, Facts& facts) { return !find_failing(rule.match, facts); }

std::optional<Mismatch> mismatch(const model::Rule& rule, Facts& facts) {
  const std::optional<Failing> failing = find_failing(rule.match, facts);
  if (!failing) return std::nullopt;
  return Mismatch{failing->condition, failing->named == nullptr ? std::string() : failing->named->name,
                  seen(*failing, facts)};
}

}  // namespace weir::routing
