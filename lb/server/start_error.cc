#include "lb/server/start_error.h"

#include <fmt/format.h>

#include "lb/base/text.h"

namespace weir::server {

StartError file_error(const model::FilePath& file, const std::string& key, std::string_view what) {
  return {file.place, fmt::format("{}: '{}': {}", key, base::escape(file.path), what)};
}

}  // namespace weir::server
