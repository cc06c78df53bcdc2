#pragma once

namespace weir::net {

const char* library_version();  // of libuv, as it runs

}  // namespace weir::net
