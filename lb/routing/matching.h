#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/model/rule.h"
#include "lb/routing/facts.h"

// Whether one rule matches one request. Pure, but for what the facts find out on the way.
namespace weir::routing {

enum class Condition : std::uint8_t { host, path, method, header, query, cookie, source };

std::string_view to_string(Condition condition);

// A condition that does not hold, for people to read.
struct Mismatch {
  Condition condition = Condition::host;
  std::string name;  // of the header, parameter or cookie
  std::optional<std::string>
      seen;  // what the request has there, several values with ", " between; or nothing
  bool operator==(const Mismatch&) const = default;
};

// The first condition that does not hold, in the order of Condition; absent: the rule matches.
std::optional<Mismatch> mismatch(const model::Rule& rule, Facts& facts);

bool matches(const model::Rule& rule, Facts& facts);

// Parts of it: of the alternatives in `paths`, none or no condition; and all but host and path.
bool path_holds(const model::Match& match, Facts& facts);
bool has_others(const model::Match& match);
bool others_hold(const model::Match& match, Facts& facts);

}  // namespace weir::routing
