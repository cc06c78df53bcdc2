#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lb/base/address.h"
#include "lb/model/pattern.h"
#include "lb/model/place.h"
#include "lb/model/target_group.h"
#include "lb/model/template.h"
#include "lb/model/weight.h"

// What a listener does with which requests, as the configuration describes it.
namespace weir::model {

// Values of one name; any of them will do. Names are as they were written.
struct NamedPatterns {
  std::string name;  // of a query parameter: "*" is any
  std::vector<Pattern> values;
  Place place = {};
  bool operator==(const NamedPatterns&) const = default;
};

// All that is there must hold; alternatives within one condition are ORed. Empty lists ask for nothing.
struct Match {
  std::vector<Pattern> hosts;          // letters of either case, without the port
  std::vector<Pattern> paths;          // of the normalised path
  std::vector<std::string> methods;    // exact
  std::vector<NamedPatterns> headers;  // names in lower case; values in either case
  std::vector<NamedPatterns> query;    // names and values in either case, decoded
  std::vector<NamedPatterns> cookies;  // exact names, values in their case
  std::vector<base::Cidr> sources;     // of the client's address
  bool operator==(const Match&) const = default;
};

struct WeightedGroup {
  std::string target_group;
  std::uint32_t weight = 1;  // at most kMostWeight
  Place place = {};
  bool operator==(const WeightedGroup&) const = default;
};

struct ForwardAction {
  std::vector<WeightedGroup> groups;            // at least one, one of them with a weight
  std::optional<Milliseconds> stickiness = {};  // to the group; absent: off
  Place place = {};
  bool operator==(const ForwardAction&) const = default;
};

struct RedirectAction {
  std::uint16_t status = 302;  // 301, 302, 303, 307, 308
  Template scheme = {};        // each: `#{scheme}` and so on unless written (where the parts are empty)
  Template host = {};
  Template port = {};
  Template path = {};   // with the leading slash
  Template query = {};  // without the question mark
  Place place = {};
  bool operator==(const RedirectAction&) const = default;
};

struct RespondAction {
  std::uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::string body_file = {};  // where it was read from; empty: it stands in the configuration
  std::vector<std::pair<std::string, std::string>> headers = {};
  Place place = {};
  bool operator==(const RespondAction&) const = default;
};

using Action = std::variant<ForwardAction, RedirectAction, RespondAction>;

// An expression and what takes the place of what it found: `$1` and so on are its groups, `$$` is a dollar
// sign.
struct Substitution {
  Pattern expression;       // of the kind `~`
  std::string replacement;  // one that the expression takes

  // The expression without the `~`. The error says what is wrong with either.
  static std::expected<Substitution, std::string> parse(std::string_view expression,
                                                        std::string_view replacement,
                                                        Pattern::Case letters = Pattern::Case::sensitive);
  bool operator==(const Substitution&) const = default;
};

// Changes what the target is asked for, after the rule has been chosen. A host or a path that does not match
// stays as it is.
struct Rewrite {
  std::optional<std::string> host;         // a literal one
  std::optional<Substitution> host_regex;  // not both
  std::string strip_prefix;                // of the path; empty: none
  std::string add_prefix;
  std::optional<Substitution> path_regex;  // not with the two before
  bool empty() const {
    return !host && !host_regex && strip_prefix.empty() && add_prefix.empty() && !path_regex;
  }
  bool operator==(const Rewrite&) const = default;
};

struct FieldEdit {
  std::string name;
  Template value;
  bool operator==(const FieldEdit&) const = default;
};

// Removes first, then sets (in place of all of that name), then adds.
struct FieldEdits {
  std::vector<std::string> remove;  // in lower case
  std::vector<FieldEdit> set;
  std::vector<FieldEdit> add;
  bool empty() const { return remove.empty() && set.empty() && add.empty(); }
  bool operator==(const FieldEdits&) const = default;
};

bool forwards_to(const Action& action, const std::string& target_group);

struct Rule {
  std::string name;  // unique in its listener; "rule-3" where none was given
  Place place = {};
  Match match;
  Rewrite rewrite;
  FieldEdits request_fields;
  FieldEdits response_fields;
  std::optional<Milliseconds> response_timeout;  // in place of the group's
  Action action;
  bool operator==(const Rule&) const = default;
};

}  // namespace weir::model
