#pragma once

#include <functional>
#include <map>
#include <string>

// The environment as a value, so that a load depends on nothing but its arguments.
namespace weir::config {

using Environment = std::map<std::string, std::string, std::less<>>;

// A copy of this process's environment. Call it before threads start.
Environment process_environment();

}  // namespace weir::config
