#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/compare/workload.h"

// The load balancers that are compared, as values: how each is started is in the table of peer.cc, what it is
// told in its template in bench/peers.
namespace weir::bench::compare {

enum class Role { weir, weir_with_two_workers, proxy, layer4 };

struct Peer {
  std::string_view name;
  std::string_view program;  // looked up in PATH; weir's is given
  Role role = Role::proxy;
  std::vector<std::string_view> templates;  // the first becomes @CONFIG@
  std::vector<std::string_view> arguments;  // with @CONFIG@ for the path of the configuration
  std::vector<std::string_view> version;    // arguments that make it tell its version
  std::vector<std::pair<std::string_view, std::string_view>> environment{};
  bool single_target = false;  // knows no more than one target
  bool with_rules = false;     // its template has the ten rules of that workload
  bool with_tls = false;       // its template has the certificate of those workloads
};

const std::vector<Peer>& peers();
const Peer* find_peer(std::string_view name);

// "haproxy,nginx" or "all": weir is always among them. The error names the first word that is no peer.
std::expected<std::vector<Peer>, std::string> choose_peers(std::string_view list);

bool takes_part(const Peer& peer, const Workload& workload);

// What starts it: the program, then its arguments.
std::vector<std::string> peer_command(const Peer& peer, std::string_view program, std::string_view config);

// "2.6.12-1" of what a program prints when it is asked; empty if there is no number.
std::string version_in(std::string_view text);

}  // namespace weir::bench::compare
