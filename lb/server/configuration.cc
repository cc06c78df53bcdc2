#include "lb/server/configuration.h"

#include <algorithm>
#include <utility>

#include "config/effective.h"
#include "lb/admin/token.h"
#include "lb/base/log.h"
#include "lb/server/cookie_keys.h"
#include "lb/server/state_directory.h"

namespace weir::server {
namespace {

std::expected<std::string, StartError> admin_token(const model::Admin& admin) {
  if (admin.token_file.empty()) return std::string();
  auto read = admin::read_token_file(admin.token_file);
  if (!read) {
    return std::unexpected(StartError{admin.token_file_place, "admin.token_file: " + read.error()});
  }
  if (!read->warning.empty()) base::log::warn("admin.token_file: {}", read->warning);
  return std::move(read->token);
}

// A token that was made for this process alone stays what it was.
std::expected<std::string, StartError> via_token(const model::Snapshot& snapshot,
                                                 const Configuration* running) {
  if (running != nullptr && !running->node.via_token.empty()) return running->node.via_token;
  return node_token(snapshot);
}

// Likewise a key.
std::expected<std::shared_ptr<const sticky::Keys>, StartError> keys_of(const model::Snapshot& snapshot,
                                                                       const Configuration* running) {
  const bool from_file = !snapshot.secrets.cookie_keys_file.empty();
  const bool had_file = running != nullptr && !running->snapshot->secrets.cookie_keys_file.empty();
  if (running != nullptr && running->keys && !from_file && !had_file) return running->keys;
  return cookie_keys(snapshot);
}

// Null: there is none of this name.
template <class Map>
typename Map::mapped_type found_in(const Map& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}

void add_groups(const Configuration* running, Configuration& next) {
  for (const model::TargetGroup& group : next.snapshot->target_groups) {
    auto settings =
        std::make_shared<const proxy::GroupSettings>(group, found_in(next.tls.targets, group.name));
    const auto before = running != nullptr ? found_in(running->groups, group.name) : nullptr;
    if (before && before->model == settings->model && before->tls == settings->tls) settings = before;
    next.groups.emplace(group.name, std::move(settings));
  }
}

void add_listeners(const Configuration* running, Configuration& next) {
  const bool same_node = running != nullptr && running->node == next.node;
  for (const model::Listener& listener : next.snapshot->listeners) {
    auto settings = same_node ? found_in(running->listeners, listener.name) : nullptr;
    const auto tls = found_in(next.tls.contexts, listener.name);
    if (!settings || settings->model != listener || settings->tls != tls) {
      settings = std::make_shared<const proxy::ListenerSettings>(listener, next.node, tls);
    }
    next.listeners.emplace(listener.name, std::move(settings));
  }
}

void add_used_groups(const model::Action& action, Configuration& next) {
  const auto* const forward = std::get_if<model::ForwardAction>(&action);
  if (forward == nullptr) return;
  for (const model::WeightedGroup& group : forward->groups) next.used_groups.insert(group.target_group);
}

void add_used_groups(Configuration& next) {
  for (const model::Listener& listener : next.snapshot->listeners) {
    add_used_groups(listener.default_action, next);
    for (const model::Rule& rule : listener.rules) add_used_groups(rule.action, next);
  }
}

bool has_same_view(const std::string& name, const Configuration& next, const Configuration& running) {
  const auto& now = next.listeners.at(name);
  if (found_in(running.listeners, name) != now) return false;
  return std::ranges::none_of(next.groups, [&](const auto& entry) {
    const auto& [group, settings] = entry;
    return found_in(running.groups, group) != settings && model::forwards_to(now->model, group);
  });
}

}  // namespace

std::expected<std::shared_ptr<const Configuration>, StartError> make_configuration(
    model::Snapshot snapshot, ConfigSource source, const Configuration* running) {
  auto made = std::make_shared<Configuration>();
  made->source = std::move(source);
  made->snapshot = std::make_shared<const model::Snapshot>(std::move(snapshot));
  made->hash = config::effective_hash(*made->snapshot);
  made->json = config::shown_json(*made->snapshot);
  auto token = admin_token(made->snapshot->admin);
  if (!token) return std::unexpected(token.error());
  made->token = *std::move(token);
  auto via = via_token(*made->snapshot, running);
  if (!via) return std::unexpected(via.error());
  made->node = {made->snapshot->process.server_name, *std::move(via)};
  auto keys = keys_of(*made->snapshot, running);
  if (!keys) return std::unexpected(keys.error());
  made->keys = *std::move(keys);
  auto tls = running == nullptr ? served_tls(*made->snapshot, nullptr, nullptr)
                                : served_tls(*made->snapshot, running->snapshot.get(), &running->tls);
  if (!tls) return std::unexpected(tls.error());
  made->tls = *std::move(tls);
  add_groups(running, *made);
  add_listeners(running, *made);
  add_used_groups(*made);
  return made;
}

Views make_views(const Configuration& next, const Configuration* running, observe::Registry& registry,
                 unsigned workers) {
  Views views;
  for (const auto& [name, settings] : next.listeners) {
    if (running != nullptr && has_same_view(name, next, *running)) continue;
    auto& of_workers = views[name];
    for (unsigned worker = 0; worker < workers; ++worker) {
      of_workers.push_back(std::make_unique<proxy::ListenerView>(settings, next.groups, registry, worker));
    }
  }
  return views;
}

}  // namespace weir::server
