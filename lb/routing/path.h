#pragma once

#include <string>
#include <string_view>

namespace weir::routing {

// The path of a request target as rules see it, so that no spelling leads around a rule: percent-decoded once
// (%2F too; what is no valid %XX stays), `\` read as `/`, repeated slashes merged, dot segments removed
// (RFC 3986 5.2.4; `..;parameters` is one too), never above the root, without the query. `*` is itself; all
// else begins with a slash. Targets are sent on as they came: this is for comparing only.
//
// The result is a part of `target` where that is normal already, else of `storage`.
std::string_view normalised_path(std::string_view target, std::string& storage);

// Whether servers are known to disagree about which path this is: it has dot segments, and with them what
// some take for the end of a segment and others do not (an empty segment, `\`, an encoded slash or
// backslash), or dot segments with parameters. No rule can hold for all of these readings.
bool is_ambiguous_path(std::string_view target);

bool has_dot_segment(std::string_view target);

}  // namespace weir::routing
