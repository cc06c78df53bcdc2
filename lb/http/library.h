#pragma once

#include <string>

namespace weir::http {

std::string library_version();  // of llhttp, as it was built with

}  // namespace weir::http
