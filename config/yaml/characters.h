#pragma once

#include "config/report.h"
#include "config/yaml/source.h"

namespace weir::config {

// Reports the first byte that is no text: not UTF-8, or a control character other than tab and line
// end. (yaml-cpp takes some of them for the end of the file.)
bool check_characters(const Source& source, Report& report);

// Where the value of a node begins: behind its &anchor and !tag.
std::size_t skip_properties(const Source& source, std::size_t offset);

}  // namespace weir::config
