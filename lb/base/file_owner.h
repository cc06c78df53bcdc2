#pragma once

#include <string>

namespace weir::base {

// A new file that root has made belongs to whoever its directory belongs to, so that a process that stops
// being root can use what it made before. Does nothing for other users. False with errno set.
bool give_to_owner_of(const std::string& directory, int fd);

}  // namespace weir::base
