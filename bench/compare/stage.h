#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "bench/compare/child.h"
#include "bench/compare/scratch.h"
#include "bench/compare/settings.h"
#include "bench/compare/template.h"

// What a measurement needs to run: targets, and the proxy before them.
namespace weir::bench::compare {

struct Target {
  std::unique_ptr<Child> process;
  std::uint16_t port = 0;
};

struct Proxy {
  std::unique_ptr<Child> process;
  std::uint16_t port = 0;
};

// What a peer's templates are filled with, besides the port. Flags are the workload's name, `several` for
// more than one target, `slow` if one of them is, and `secure` for HTTPS or `clear` for HTTP.
TemplateValues template_values(const Peer& peer, const Workload& workload,
                               std::vector<std::uint16_t> targets);

// Serves when it is returned. The errors say what the program printed instead. `port` 0: any.
std::expected<Target, std::string> start_target(const Settings& settings, Scratch& scratch,
                                                std::chrono::milliseconds delay, std::uint16_t port = 0);
std::expected<std::vector<Target>, std::string> start_targets(const Settings& settings, Scratch& scratch,
                                                              const Workload& workload);
// Answers through the targets when it is returned.
std::expected<Proxy, std::string> start_proxy(const Settings& settings, Scratch& scratch,
                                              const InstalledPeer& peer, const Workload& workload,
                                              std::vector<std::uint16_t> targets);

}  // namespace weir::bench::compare
