#include "lb/http/library.h"

#include <fmt/format.h>
#include <llhttp.h>

namespace weir::http {

std::string library_version() {
  return fmt::format("{}.{}.{}", LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
}

}  // namespace weir::http
