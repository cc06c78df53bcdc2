#pragma once

#include "config/finding.h"

// What is wrong with a valid configuration as a whole, as only those layers know that forward.
namespace weir::server {

// Rules that never match, or whose order looks wrong: warnings.
config::Diagnostics rule_findings(const config::Loaded& loaded);

// Keys of cookies that cannot be read here: a warning, for a file may be checked where its secrets are not.
config::Diagnostics key_findings(const config::Loaded& loaded);

// Routing tests that do not hold: errors.
config::Diagnostics test_findings(const config::Loaded& loaded);

}  // namespace weir::server
