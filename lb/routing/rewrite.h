#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lb/model/rule.h"

namespace weir::routing {

enum class RewriteError : std::uint8_t {
  bad_host,  // no host, or no host and port
  bad_path,  // without a leading slash, with bytes that no path of a request has, or with dot segments, which
             // might lead out of a prefix
};

std::string_view to_string(RewriteError error);

// What changes in a request; absent: stays as it is.
struct Rewritten {
  std::optional<std::string> authority;
  std::optional<std::string> target;
  bool operator==(const Rewritten&) const = default;
};

// Applies a rule's rewrite. A literal host takes the place of the whole authority; an expression is held
// against the host alone, and the port stays. Paths are the original bytes, and the query stays. A prefix is
// stripped where it ends at the end of a segment.
std::expected<Rewritten, RewriteError> rewrite(const model::Rewrite& rules, std::string_view authority,
                                               std::string_view target);

}  // namespace weir::routing
