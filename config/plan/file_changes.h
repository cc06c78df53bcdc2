#pragma once

#include <string>
#include <vector>

#include "config/plan.h"
#include "config/tls_files.h"

namespace weir::config {

// Adds to a plan what no snapshot shows: which of the files that both have has other contents.
// `changed`: as changed_tls_files() gives it.
void add_file_changes(Plan& plan, const std::vector<TlsFileUse>& uses,
                      const std::vector<std::string>& changed);

}  // namespace weir::config
