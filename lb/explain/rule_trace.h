#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lb/model/listener.h"
#include "lb/routing/matching.h"

namespace weir::explain {

// A condition that did not hold.
struct FailedCondition {
  std::string condition;            // host, path, method, header, query, cookie, source
  std::string name;                 // of the header, parameter or cookie; else empty
  std::optional<std::string> seen;  // what the request has there; absent: nothing
  std::vector<std::string> wanted;  // any of these, as they are written
};

struct RuleTrace {
  std::string name;
  model::Place place;
  std::optional<FailedCondition> failed;  // the first one; absent: the rule matches
};

// The rules in their order, up to the one that matches.
std::vector<RuleTrace> trace_rules(const model::Listener& listener, routing::Facts& facts);

// Why this rule does not match; absent: it does.
std::optional<FailedCondition> failed_condition(const model::Rule& rule, routing::Facts& facts);

// For people to read: "path is /x; the rule wants /v1/* or =/health".
std::string to_string(const FailedCondition& failed);

}  // namespace weir::explain
