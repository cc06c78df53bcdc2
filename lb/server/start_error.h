#pragma once

#include <string>
#include <string_view>

#include "lb/model/place.h"
#include "lb/model/tls.h"

namespace weir::server {

// Why the daemon could not start: one line for the operator, with the place in the file where that
// is the configuration's doing.
struct StartError {
  model::Place place;
  std::string message;

  std::string to_string() const { return place.line == 0 ? message : place.to_string() + ": " + message; }
};

// What is wrong with a file that a key of the configuration names.
StartError file_error(const model::FilePath& file, const std::string& key, std::string_view what);

}  // namespace weir::server
