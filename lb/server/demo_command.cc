#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "config/load.h"
#include "lb/net/signal.h"
#include "lb/server/daemon.h"
#include "lb/server/demo_users.h"
#include "lb/server/run_command.h"
#include "lb/server/time_server.h"

namespace weir::server {
namespace {

// Retries, and short pauses, so that a zone that breaks costs no user anything, and can be watched.
std::string demo_yaml(const DemoOptions& options, const TimeServers& servers) {
  std::string yaml = fmt::format(
      "process: {{ state_dir: off }}\n"
      "admin: {{ bind: 127.0.0.1:{} }}\n"
      "log: {{ level: warn, access: {{ output: off }} }}\n"
      "listeners:\n"
      "  demo: {{ bind: \"127.0.0.1:{}\", forward: clocks }}\n"
      "target_groups:\n"
      "  clocks:\n"
      "    health_check: {{ interval: 1s }}\n"
      "    outlier_detection: {{ base_ejection: 5s }}\n"
      "    retry: {{ attempts: 5, when: [connect_failure, reset], budget_percent: 100 }}\n"
      "    targets:\n",
      options.admin_port, options.port);
  for (const TimeServers::Server& server : servers.servers()) {
    yaml += fmt::format("      - {{ address: \"{}\", id: {}, zone: {} }}\n", server.address.to_string(),
                        server.name, server.zone);
  }
  return yaml;
}

std::string dashboard_of(const Daemon& daemon) {
  return daemon.admin_address() ? "http://" + daemon.admin_address()->to_string() + "/" : "";
}

void print_welcome(const Daemon& daemon, const std::string& yaml, bool with_users) {
  const std::string url = "http://" + daemon.listeners()[0].binds[0].to_string();
  const std::string admin = daemon.admin_address()->to_string();
  const std::string weir = std::filesystem::read_symlink("/proc/self/exe").string();
  fmt::print(
      "weir balances five what-is-the-time servers in three zones. Its configuration:\n\n{}\n"
      "The load balancer:  {}\n"
      "Its dashboard:      {}\n"
      "Its admin API:      http://{}\n",
      yaml, url, dashboard_of(daemon), admin);
  if (with_users) {
    fmt::print(
        "\nIts users are eight connections with 60 requests a second. Every ten seconds\n"
        "they say here what they saw. Their errors stay 0 when a zone goes:\n");
  } else {
    fmt::print("\nIt has no users but you. They see no errors when a zone goes:\n");
  }
  fmt::print(
      "  1. Open the dashboard, and press \"Shift away\" at zone az-1.\n"
      "  2. Break zone az-2, for 60 s:  {0}/break/az-2\n"
      "     or until you mend it:       {0}/heal/az-2\n"
      "\nTry, in another terminal:\n"
      "  curl -s '{0}/?[1-5]'\n"
      "  {1} zone shift az-1 --for 5m --admin {2}\n"
      "  {1} targets --admin {2}\n"
      "  {1} top --admin {2}\n"
      "\nCtrl-C ends it.\n",
      url, weir, admin);
  std::fflush(stdout);
}

}  // namespace

int demo_command(const DemoOptions& options) {
  net::hold_notices();
  const base::SystemClock clock;
  TimeServers servers(clock, {{"clock-1", "az-1", {}},
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
  servers.point_to(dashboard_of(**daemon));
  std::optional<DemoUsers> users;
  if (!options.no_users) users.emplace(clock, (*daemon)->listeners()[0].binds[0]);
  print_welcome(**daemon, yaml, users.has_value());
  const int code = (*daemon)->run();
  if (users) fmt::print("\n{}\n", to_text(users->stop()));
  return code;
}

}  // namespace weir::server
