#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/diagnostics.h"
#include "config/load.h"

namespace weir::config {

// Something about a valid configuration that is found out after it was loaded, by layers that this one does
// not know.
struct Finding {
  Severity severity = Severity::warning;
  std::string id;
  model::Place place;
  std::string path;
  std::string message;
  std::vector<std::pair<model::Place, std::string>> notes = {};
};

// The same in the form that the reader's own have.
Diagnostic diagnostic_of(const Finding& finding, const Loaded& loaded);

// Errors before warnings; within them in the order of the files.
void sort(Diagnostics& diagnostics, const Loaded& loaded);

}  // namespace weir::config
