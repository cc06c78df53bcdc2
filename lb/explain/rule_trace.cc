#include "lb/explain/rule_trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lb/base/text.h"
#include "lb/explain/lines.h"

namespace weir::explain {
namespace {

using routing::Condition;
using Texts = std::vector<std::string>;

Texts texts(const std::vector<model::Pattern>& patterns) {
  Texts result;
  for (const model::Pattern& pattern : patterns) result.push_back(pattern.text());
  return result;
}

Texts values_of(const std::vector<model::NamedPatterns>& all, const std::string& name) {
  for (const model::NamedPatterns& named : all) {
    if (named.name == name) return texts(named.values);
  }
  return {};
}

Texts wanted(const model::Match& match, const routing::Mismatch& mismatch) {
  switch (mismatch.condition) {
    case Condition::host: return texts(match.hosts);
    case Condition::path: return texts(match.paths);
    case Condition::method: return match.methods;
    case Condition::header: return values_of(match.headers, mismatch.name);
    case Condition::query: return values_of(match.query, mismatch.name);
    case Condition::cookie: return values_of(match.cookies, mismatch.name);
    case Condition::source: break;
  }
  Texts networks;
  for (const base::Cidr& network : match.sources) networks.push_back(network.to_string());
  return networks;
}

}  // namespace

std::optional<FailedCondition> failed_condition(const model::Rule& rule, routing::Facts& facts) {
  auto mismatch = routing::mismatch(rule, facts);
  if (!mismatch) return std::nullopt;
  Texts alternatives = wanted(rule.match, *mismatch);
  return FailedCondition{std::string(to_string(mismatch->condition)), std::move(mismatch->name),
                         std::move(mismatch->seen), std::move(alternatives)};
}

std::vector<RuleTrace> trace_rules(const model::Listener& listener, routing::Facts& facts) {
  std::vector<RuleTrace> traces;
  for (const model::Rule& rule : listener.rules) {
    traces.push_back({rule.name, rule.place, failed_condition(rule, facts)});
    if (!traces.back().failed) break;
  }
  return traces;
}

std::string to_string(const FailedCondition& failed) {
  std::vector<std::string> alternatives;
  for (const std::string& one : failed.wanted) alternatives.push_back(base::escape(one, kShown));
  std::string what = failed.condition;
  if (!failed.name.empty()) what += " " + base::escape(failed.name, kShown);
  return fmt::format("{} is {}; wanted: {}", what,
                     failed.seen ? fmt::format("\"{}\"", base::escape(*failed.seen, kShown)) : "absent",
                     fmt::join(alternatives, " or "));
}

}  // namespace weir::explain
