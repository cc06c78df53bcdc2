#include "lb/server/build_info.h"

#include <fmt/format.h>

#include "lb/http/library.h"
#include "lb/net/library.h"

namespace weir::server {

observe::BuildInfo build_info() {
  return {WEIR_VERSION, WEIR_COMMIT,
#ifdef __clang__
          "clang " __clang_version__
#else
          "gcc " __VERSION__
#endif
  };
}

std::string version_text() {
  const observe::BuildInfo build = build_info();
  return fmt::format("weir {}\ncommit   {}\ncompiler {}\nlibuv    {}\nllhttp   {}\n", build.version,
                     build.commit.empty() ? "unknown" : build.commit, build.compiler, net::library_version(),
                     http::library_version());
}

}  // namespace weir::server
