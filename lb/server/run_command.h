#pragma once

#include <cstdint>
#include <string>

// `weir run` and `weir demo`.
namespace weir::server {

struct RunOptions {
  std::string file = "/etc/weir/weir.yaml";
};

// Serves until a signal ends it. Returns the exit code: 0 stopped in good order, 1 could not start.
int run_command(const RunOptions& options);

struct DemoOptions {
  std::uint16_t port = 8080;
  std::uint16_t admin_port = 9900;
  bool no_users = false;
};

int demo_command(const DemoOptions& options);

}  // namespace weir::server
