#include "lb/server/run_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "config/environment.h"
#include "config/load.h"
#include "lb/base/log.h"
#include "lb/net/signal.h"
#include "lb/server/daemon.h"
#include "lb/server/findings.h"
#include "lb/server/listener_tls.h"
#include "lb/server/systemd.h"

namespace weir::server {

int run_command(const RunOptions& options) {
  net::hold_notices();
  const auto colour = ::isatty(STDERR_FILENO) != 0 ? config::Colour::on : config::Colour::off;
  upgrade::Program program = upgrade::own_program();
  auto predecessor = upgrade::receive_offer();
  if (!predecessor) {
    fmt::print(stderr, "weir: {}\n", predecessor.error());
    return 1;
  }
  auto inherited = systemd::listening_sockets();
  if (!inherited) {
    fmt::print(stderr, "weir: {}\n", inherited.error().to_string());
    return 1;
  }
  const base::SystemClock clock;
  const base::WallTime began = clock.wall();
  auto loaded = config::load(options.file, config::process_environment());
  if (!loaded) {
    fmt::print(stderr, "{}", config::to_text(loaded.error(), colour));
    return 1;
  }
  config::Diagnostics warnings = loaded->warnings;
  for (config::Diagnostic& warning : rule_findings(*loaded)) warnings.push_back(std::move(warning));
  // A certificate that has run out is no reason to serve nothing at all.
  for (config::Diagnostic& one : tls_findings(*loaded, {.wrong_time = true}))
    warnings.push_back(std::move(one));
  config::sort(warnings, *loaded);
  fmt::print(stderr, "{}", config::to_text(warnings, colour));
  if (config::has_errors(warnings)) return 1;
  loaded->sources.reset();
  const config::Inputs inputs = *loaded;
  auto daemon = Daemon::start(clock, {.snapshot = std::move(loaded->snapshot),
                                      .source = {options.file, inputs},
                                      .load_began = began,
                                      .inherited = *std::move(inherited),
                                      .program = std::move(program),
                                      .predecessor = *std::move(predecessor)});
  if (!daemon) {
    fmt::print(stderr, "weir: {}\n", daemon.error().to_string());
    return 1;
  }
  return (*daemon)->run();
}

}  // namespace weir::server
