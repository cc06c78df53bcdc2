#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "bench/command.h"
#include "lb/net/fd.h"

namespace {

constexpr int kUsage = 2;

int run(int argc, char** argv) {
  CLI::App app("weir-bench: load, targets and comparisons for HTTP load balancers");
  app.require_subcommand(1);
  app.footer("See `weir-bench COMMAND --help` for an example of each.");
  weir::bench::Run chosen;
  weir::bench::add_run_command(app, chosen);
  weir::bench::add_backend_command(app, chosen);
  weir::bench::add_compare_command(app, chosen);
  weir::bench::add_micro_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  const int code = chosen();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  fmt::print(stderr, "weir-bench: cannot write to standard output\n");
  return code == 0 ? 1 : code;
}

}  // namespace

int main(int argc, char** argv) {
  weir::net::occupy_standard_streams();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir-bench: {}\n", error.what());
    return 1;
  }
}
