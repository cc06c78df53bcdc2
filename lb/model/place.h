#pragma once

#include <string>

namespace weir::model {

// Where in the configuration a thing is written, for messages. Lines and columns count from 1;
// line 0 means "nowhere": a default.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  std::string to_string() const;

  // Where a thing stands is no part of what it is: moving it in the file changes nothing.
  friend bool operator==(const Place&, const Place&) { return true; }
};

}  // namespace weir::model
