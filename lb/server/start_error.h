#pragma once

#include <string>

#include "lb/model/place.h"

namespace weir::server {

// Why the daemon could not start: one line for the operator, with the place in the file where that
// is the configuration's doing.
struct StartError {
  model::Place place;
  std::string message;

  std::string to_string() const { return place.line == 0 ? message : place.to_string() + ": " + message; }
};

}  // namespace weir::server
