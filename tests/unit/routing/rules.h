#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/model/rule.h"

namespace weir::routing::test {

using Texts = std::vector<std::string>;
using Named = std::vector<std::pair<std::string, Texts>>;

// A rule's conditions as a configuration writes them.
struct Conditions {
  Texts hosts = {};
  Texts paths = {};
  Texts methods = {};
  Named headers = {};
  Named query = {};
  Named cookies = {};
  Texts sources = {};
};

inline std::vector<model::Pattern> patterns(const Texts& texts, model::Pattern::Case letters) {
  std::vector<model::Pattern> all;
  for (const std::string& text : texts) all.push_back(model::Pattern::parse(text, letters).value());
  return all;
}

inline std::vector<model::NamedPatterns> named(const Named& texts, model::Pattern::Case letters) {
  std::vector<model::NamedPatterns> all;
  for (const auto& [name, values] : texts) all.push_back({name, patterns(values, letters)});
  return all;
}

inline model::Rule rule(const Conditions& conditions) {
  using Case = model::Pattern::Case;
  model::Rule rule;
  rule.match.hosts = patterns(conditions.hosts, Case::insensitive);
  rule.match.paths = patterns(conditions.paths, Case::sensitive);
  rule.match.methods = conditions.methods;
  rule.match.headers = named(conditions.headers, Case::insensitive);
  rule.match.query = named(conditions.query, Case::insensitive);
  rule.match.cookies = named(conditions.cookies, Case::sensitive);
  for (const std::string& text : conditions.sources) {
    rule.match.sources.push_back(base::Cidr::parse(text).value());
  }
  return rule;
}

inline std::vector<model::Rule> rules(std::initializer_list<Conditions> all) {
  std::vector<model::Rule> result;
  for (const Conditions& conditions : all) result.push_back(rule(conditions));
  return result;
}

}  // namespace weir::routing::test
