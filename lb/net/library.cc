#include "lb/net/library.h"

#include <uv.h>

namespace weir::net {

const char* library_version() { return uv_version_string(); }

}  // namespace weir::net
