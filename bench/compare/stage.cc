#include "bench/compare/stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "bench/compare/certificate.h"
#include "bench/compare/command_line.h"
#include "bench/compare/visitor.h"
#include "bench/measure/interruption.h"

namespace weir::bench::compare {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kStartPatience = std::chrono::seconds(10);
constexpr unsigned kLeastIdle = 128;
constexpr unsigned kSpareClients = 100;
constexpr int kAttempts = 3;  // a free port may be taken by the time it is used

// Until `ready` gives a value, the child ends, or patience does.
template <class Ready>
auto wait_for(Child& child, std::string_view what, Ready ready)
    -> std::expected<typename decltype(ready())::value_type, std::string> {
  const auto end = steady_clock::now() + kStartPatience;
  for (;;) {
    if (auto value = ready()) return *value;
    if (interrupted()) return std::unexpected(std::string("interrupted"));
    if (const auto code = child.finished()) {
      return std::unexpected(fmt::format("{} ended with {}: {}", what, *code, last_words(child)));
    }
    if (steady_clock::now() > end) {
      return std::unexpected(fmt::format("{} does not serve: {}", what, last_words(child)));
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
}

std::optional<bool> answers(std::uint16_t port, bool secure) {
  auto visitor = Visitor::connect(port, secure);
  if (!visitor) return std::nullopt;
  return visitor->get("/") == 200 ? std::optional(true) : std::nullopt;
}

std::expected<std::filesystem::path, std::string> write_configuration(const Settings& settings,
                                                                      const Scratch& scratch,
                                                                      const Peer& peer,
                                                                      const TemplateValues& values) {
  for (const std::string_view name : peer.templates) {
    const auto text = read_file(settings.templates / name);
    if (!text) return std::unexpected(text.error());
    const auto filled = fill_template(*text, values);
    if (!filled) return std::unexpected(fmt::format("{}: {}", name, filled.error()));
    if (const auto written = write_file(scratch.directory() / name, *filled); !written) {
      return std::unexpected(written.error());
    }
  }
  return scratch.directory() / peer.templates.front();
}

ChildOptions proxy_options(const Settings& settings, Scratch& scratch, const InstalledPeer& installed,
                           const std::filesystem::path& configuration) {
  const Peer& peer = installed.peer;
  ChildOptions options{.arguments = peer_command(peer, installed.program.string(), configuration.string()),
                       .cores = {settings.cores.proxy},
                       .output = scratch.next(peer.name)};
  if (peer.role == Role::weir_with_two_workers) options.cores.push_back(settings.cores.second_worker);
  for (const auto& [name, value] : peer.environment) options.environment.emplace_back(name, value);
  // Go programs keep files there.
  options.environment.emplace_back("XDG_DATA_HOME", scratch.directory().string());
  options.environment.emplace_back("XDG_CONFIG_HOME", scratch.directory().string());
  return options;
}

std::expected<Proxy, std::string> try_proxy(const Settings& settings, Scratch& scratch,
                                            const InstalledPeer& peer, TemplateValues values, bool secure) {
  const auto port = free_port();
  if (!port) return std::unexpected(port.error());
  values.values["PORT"] = std::to_string(*port);
  values.values["DIR"] = scratch.directory().string();
  const auto configuration = write_configuration(settings, scratch, peer.peer, values);
  if (!configuration) return std::unexpected(configuration.error());
  auto child = Child::start(proxy_options(settings, scratch, peer, *configuration));
  if (!child) return std::unexpected(child.error());
  const auto ready = wait_for(**child, peer.peer.name, [&] { return answers(*port, secure); });
  if (!ready) return std::unexpected(ready.error());
  return Proxy{std::move(*child), *port};
}

}  // namespace

TemplateValues template_values(const Peer& peer, const Workload& workload,
                               std::vector<std::uint16_t> targets) {
  TemplateValues result;
  result.targets = std::move(targets);
  result.zones.assign(workload.zones.begin(), workload.zones.end());
  const unsigned at_once = workload.connections * std::max(1U, workload.streams);
  result.values["IDLE"] = std::to_string(std::max(kLeastIdle, at_once));
  result.values["CLIENTS"] = std::to_string(workload.connections + kSpareClients);
  result.values["WORKERS"] = peer.role == Role::weir_with_two_workers ? "2" : "1";
  result.flags.emplace(workload.name);
  if (workload.targets > 1) result.flags.insert("several");
  if (workload.slow_factor > 1) result.flags.insert("slow");
  result.flags.insert(workload.secure ? "secure" : "clear");
  result.values["CERTIFICATE"] = workload.rsa ? kRsaCertificate : kEcCertificate;
  return result;
}

std::expected<Target, std::string> start_target(const Settings& settings, Scratch& scratch,
                                                milliseconds delay, std::uint16_t port) {
  ChildOptions options{.arguments = target_arguments(delay, port),
                       .cores = {settings.cores.target},
                       .output = scratch.next("target")};
  options.arguments.insert(options.arguments.begin(), settings.load.string());
  auto child = Child::start(options);
  if (!child) return std::unexpected(child.error());
  const auto bound = wait_for(**child, "the target", [&] { return listening_port((*child)->output()); });
  if (!bound) return std::unexpected(bound.error());
  return Target{std::move(*child), *bound};
}

std::expected<std::vector<Target>, std::string> start_targets(const Settings& settings, Scratch& scratch,
                                                              const Workload& workload) {
  std::vector<Target> targets;
  for (unsigned i = 0; i < workload.targets; ++i) {
    auto target =
        start_target(settings, scratch, i == 0 ? workload.delay * workload.slow_factor : workload.delay);
    if (!target) return std::unexpected(target.error());
    targets.push_back(std::move(*target));
  }
  return targets;
}

std::expected<Proxy, std::string> start_proxy(const Settings& settings, Scratch& scratch,
                                              const InstalledPeer& peer, const Workload& workload,
                                              std::vector<std::uint16_t> targets) {
  const auto begin = steady_clock::now();
  const TemplateValues values = template_values(peer.peer, workload, std::move(targets));
  if (workload.secure) {
    if (const auto made = make_certificates(scratch.directory()); !made) return std::unexpected(made.error());
  }
  auto proxy = try_proxy(settings, scratch, peer, values, workload.secure);
  // Who ended at once may have lost its port; who does not serve in all that time will not.
  for (int attempt = 1; !proxy && attempt < kAttempts && !interrupted(); ++attempt) {
    if (steady_clock::now() - begin >= kStartPatience) break;
    proxy = try_proxy(settings, scratch, peer, values, workload.secure);
  }
  return proxy;
}

}  // namespace weir::bench::compare
