#pragma once

#include <string>

namespace weir::config {

// The JSON Schema (draft 2020-12) of the configuration file, for editors to complete and check with.
std::string json_schema();

}  // namespace weir::config
