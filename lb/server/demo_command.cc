#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "config/load.h"
#include "lb/net/signal.h"
#include "lb/server/daemon.h"
#include "lb/server/run_command.h"
#include "lb/server/time_server.h"

namespace weir::server {
namespace {

std::string demo_yaml(const DemoOptions& options, const TimeServers& servers) {
  std::string yaml = fmt::format(
      "process: {{ state_dir: off }}\n"
      "admin: {{ bind: 127.0.0.1:{} }}\n"
      "log: {{ level: warn, access: {{ output: off }} }}\n"
      "listeners:\n"
      "  demo: {{ bind: \"127.0.0.1:{}\", forward: clocks }}\n"
      "target_groups:\n"
      "  clocks:\n"
      "    targets:\n",
      options.admin_port, options.port);
  for (const TimeServers::Server& server : servers.servers()) {
    yaml += fmt::format("      - {{ address: \"{}\", id: {}, zone: {} }}\n", server.address.to_string(),
                        server.name, server.zone);
  }
  return yaml;
}

void print_welcome(const Daemon& daemon, const std::string& yaml) {
  const std::string url = "http://" + daemon.listeners()[0].binds[0].to_string();
  fmt::print(
      "weir balances five what-is-the-time servers in three zones. This is its configuration:\n\n{}\n"
      "The load balancer:  {}\n",
      yaml, url);
  if (daemon.admin_address()) {
    const std::string admin = daemon.admin_address()->to_string();
    fmt::print("Its dashboard:      http://{0}/\nIts admin API:      http://{0}\n", admin);
  }
  fmt::print("\nTry, in another terminal:\n  curl -s '{}/?[1-5]'\n", url);
  if (daemon.admin_address()) {
    const std::string weir = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string admin = daemon.admin_address()->to_string();
    fmt::print("  {0} zone shift az-1 --for 5m --admin {1}\n  {0} targets --admin {1}\n", weir, admin);
  }
  fmt::print("\nCtrl-C ends it.\n");
  std::fflush(stdout);
}

}  // namespace

int demo_command(const DemoOptions& options) {
  net::hold_notices();
  const base::SystemClock clock;
  const TimeServers servers(clock, {{"clock-1", "az-1", {}},
                                    {"clock-2", "az-1", {}},
                                    {"clock-3", "az-2", {}},
                                    {"clock-4", "az-2", {}},
                                    {"clock-5", "az-3", {}}});
  if (!servers.error().empty()) {
    fmt::print(stderr, "weir: the demo's targets cannot listen: {}\n", servers.error());
    return 1;
  }
  const std::string yaml = demo_yaml(options, servers);
  auto loaded = config::load_text(yaml, "demo.yaml");
  if (!loaded) {
    fmt::print(stderr, "{}", config::to_text(loaded.error()));
    return 1;
  }
  auto daemon = Daemon::start(clock, {.snapshot = std::move(loaded->snapshot), .source = {}});
  if (!daemon) {
    fmt::print(stderr, "weir: {}\nTry other ports: weir demo --port 8081 --admin-port 9901\n",
               daemon.error().message);
    return 1;
  }
  print_welcome(**daemon, yaml);
  return (*daemon)->run();
}

}  // namespace weir::server
