#pragma once

#include <string>
#include <vector>

#include "config/watch.h"

namespace weir::server {

// What a look at the watched files showed, and the directories in which something has to happen before the
// next shows anything else: those of the files, and of each symbolic link on the way to one.
struct Look {
  config::Marks marks;
  std::vector<std::string> directories;  // sorted
};

// Asks the file system about names only; no file is opened, so that no pipe and no device can hold it up.
Look look_at(const config::Watched& watched);

}  // namespace weir::server
