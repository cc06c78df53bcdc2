#include "bench/compare/peer.h"

#include <algorithm>

#include "bench/compare/choice.h"
#include "lb/base/text.h"

namespace weir::bench::compare {
namespace {

std::vector<Peer> peer_table() {
  return {
      {.name = "weir",
       .program = "weir",
       .role = Role::weir,
       .templates = {"weir.yaml"},
       .arguments = {"run", "-c", "@CONFIG@"},
       .version = {"version"}},
      {.name = "weir-2",
       .program = "weir",
       .role = Role::weir_with_two_workers,
       .templates = {"weir.yaml"},
       .arguments = {"run", "-c", "@CONFIG@"},
       .version = {"version"}},
      {.name = "haproxy",
       .program = "haproxy",
       .templates = {"haproxy.cfg"},
       .arguments = {"-db", "-f", "@CONFIG@"},
       .version = {"-v"},
       .with_rules = true,
       .with_tls = true},
      {.name = "haproxy-tcp",
       .program = "haproxy",
       .role = Role::layer4,
       .templates = {"haproxy-tcp.cfg"},
       .arguments = {"-db", "-f", "@CONFIG@"},
       .version = {"-v"}},
      {.name = "nginx",
       .program = "nginx",
       .templates = {"nginx.conf"},
       .arguments = {"-c", "@CONFIG@"},
       .version = {"-v"},
       .with_rules = true,
       .with_tls = true},
      {.name = "h2o",
       .program = "h2o",
       .templates = {"h2o.yaml"},
       .arguments = {"-c", "@CONFIG@"},
       .version = {"-v"},
       .single_target = true,
       .with_tls = true},
      {.name = "nghttpx",
       .program = "nghttpx",
       .templates = {"nghttpx.conf"},
       .arguments = {"--conf=@CONFIG@"},
       .version = {"-v"},
       .with_tls = true},
      {.name = "caddy",
       .program = "caddy",
       .templates = {"Caddyfile"},
       .arguments = {"run", "--config", "@CONFIG@", "--adapter", "caddyfile"},
       .version = {"version"},
       .environment = {{"GOMAXPROCS", "1"}},
       .with_tls = true},
      {.name = "traefik",
       .program = "traefik",
       .templates = {"traefik.yaml", "traefik-routes.yaml"},
       .arguments = {"--configFile=@CONFIG@"},
       .version = {"version"},
       .environment = {{"GOMAXPROCS", "1"}}},
      {.name = "envoy",
       .program = "envoy",
       .templates = {"envoy.yaml"},
       .arguments = {"-c", "@CONFIG@", "--concurrency", "1", "--disable-hot-restart", "-l", "error"},
       .version = {"--version"}},
  };
}

bool ends_version(char c) { return c == ' ' || c == '\n' || c == ',' || c == '/' || c == '('; }

}  // namespace

const std::vector<Peer>& peers() {
  static const std::vector<Peer> all = peer_table();
  return all;
}

const Peer* find_peer(std::string_view name) {
  const auto found = std::ranges::find(peers(), name, &Peer::name);
  return found == peers().end() ? nullptr : &*found;
}

std::expected<std::vector<Peer>, std::string> choose_peers(std::string_view list) {
  std::vector<std::string> names;
  for (const Peer& peer : peers()) {
    if (peer.role != Role::weir_with_two_workers) names.emplace_back(peer.name);
  }
  const auto chosen = choose("peer", list, names);
  if (!chosen) return std::unexpected(chosen.error());
  std::vector<Peer> result;
  for (const Peer& peer : peers()) {
    const bool ours = peer.role == Role::weir || peer.role == Role::weir_with_two_workers;
    if (ours || chosen->contains(peer.name)) result.push_back(peer);
  }
  return result;
}

bool takes_part(const Peer& peer, const Workload& workload) {
  switch (workload.audience) {
    case Audience::proxies: return peer.role == Role::weir || peer.role == Role::proxy;
    case Audience::with_layer4: return peer.role != Role::weir_with_two_workers;
    case Audience::balancers:
      return peer.role == Role::weir || (peer.role == Role::proxy && !peer.single_target);
    case Audience::routers: return peer.role == Role::weir || peer.with_rules;
    case Audience::secure: return peer.role == Role::weir || peer.with_tls;
    case Audience::workers_of_weir:
      return peer.role == Role::weir || peer.role == Role::weir_with_two_workers;
  }
  return false;
}

std::vector<std::string> peer_command(const Peer& peer, std::string_view program, std::string_view config) {
  constexpr std::string_view kConfig = "@CONFIG@";
  std::vector<std::string> command{std::string(program)};
  for (const std::string_view argument : peer.arguments) {
    std::string text(argument);
    if (const auto at = text.find(kConfig); at != std::string::npos) text.replace(at, kConfig.size(), config);
    command.push_back(std::move(text));
  }
  return command;
}

std::string version_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = base::is_digit(text[i]) && (i == 0 || !base::is_digit(text[i - 1]));
    if (!begins) continue;
    std::size_t end = i;
    while (end < text.size() && !ends_version(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    const std::size_t dot = word.find('.');
    if (dot != std::string_view::npos && dot + 1 < word.size() && base::is_digit(word[dot + 1])) {
      return std::string(word);
    }
    i = end;
  }
  return {};
}

}  // namespace weir::bench::compare
