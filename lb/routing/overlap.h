#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lb/model/rule.h"

namespace weir::routing {

// A rule that gets only a part of the requests that it names, because an earlier one, which does something
// else with them, takes the rest.
struct Overlap {
  enum class Kind : std::uint8_t {
    host,    // one of its hosts never matches
    path,    // one of its paths never matches
    method,  // requests of one method never come to it, though it names fewer hosts or paths
  };
  std::size_t rule = 0;
  std::size_t by = 0;
  Kind kind = Kind::path;
  std::string part;  // the pattern as it is written, or the method
  bool operator==(const Overlap&) const = default;
};

// The overlaps of which the order is almost certainly wrong, at most one for each rule; rules that never
// match at all are find_shadowed()'s.
//
// A pattern among several that never matches is a mistake whatever was meant. Of a whole rule only this is
// called one: an earlier rule that forwards, and asks for hosts or paths and for methods and for nothing else
// that this one does not ask for, takes part of the requests of a rule that forwards elsewhere and is
// narrower in its hosts and paths. In the other order the wider rule would lose nothing but what the narrower
// one names. That rules by header, cookie, query or source cut across others, and that redirects and answers
// do (of one method: CORS), is how they are used.
std::vector<Overlap> find_overlaps(std::span<const model::Rule> rules);

}  // namespace weir::routing
