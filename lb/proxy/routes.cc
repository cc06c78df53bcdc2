#include "lb/proxy/routes.h"

#include <algorithm>

#include "lb/proxy/engine.h"
#include "lb/sticky/rule_cookie.h"

namespace weir::proxy {

Routing::Routing(const model::Listener& listener)
    : table(listener.rules),
      sources(listener.sources),
      filters(!listener.sources.allow.empty() || !listener.sources.deny.empty()) {}

const std::string& Route::name() const {
  static const std::string unnamed = "default";
  return rule == nullptr ? unnamed : rule->name;
}

const Destination& Route::choose(std::uint64_t bits) const {
  if (destinations.size() == 1) return destinations.front();
  std::uint64_t at = ((bits >> 32) * weight) >> 32;
  for (const Destination& destination : destinations) {
    if (at < destination.weight) return destination;
    at -= destination.weight;
  }
  return destinations.back();
}

const Destination* Route::find(std::string_view target_group) const {
  const auto found = std::ranges::find_if(destinations, [&](const Destination& destination) {
    return destination.group->settings().name == target_group;
  });
  return found == destinations.end() ? nullptr : &*found;
}

Routes::Routes(Engine& engine, const model::Listener& listener, const Routing& shared)
    : shared_(shared), default_(make(engine, listener, nullptr)) {
  rules_.reserve(listener.rules.size());
  for (const model::Rule& rule : listener.rules) rules_.push_back(make(engine, listener, &rule));
  for (const Route& route : rules_) learn_cookies(route);
  learn_cookies(default_);
  std::ranges::sort(own_cookies_);
  own_cookies_.erase(std::ranges::unique(own_cookies_).begin(), own_cookies_.end());
}

void Routes::learn_cookies(const Route& route) {
  const auto add = [&](const Stickiness* stickiness) {
    if (stickiness == nullptr) return;
    const auto names = stickiness->cookie.names();
    own_cookies_.insert(own_cookies_.end(), names.begin(), names.end());
  };
  add(route.stickiness.get());
  for (const Destination& destination : route.destinations) add(destination.group->stickiness());
}

Route Routes::make(Engine& engine, const model::Listener& listener, const model::Rule* rule) {
  Route route;
  route.rule = rule;
  route.action = rule == nullptr ? &listener.default_action : &rule->action;
  observe::Registry& registry = *engine.setup.registry;
  route.counters = registry.rule(engine.setup.worker, listener.name, route.name());
  const auto* const forward = std::get_if<model::ForwardAction>(route.action);
  if (forward == nullptr) return route;
  for (const model::WeightedGroup& group : forward->groups) {
    route.destinations.push_back({&engine.group(group.target_group), group.weight,
                                  registry.route(engine.setup.worker, listener.name, group.target_group)});
    route.weight += group.weight;
  }
  if (forward->stickiness) {
    const auto ttl = std::chrono::duration_cast<std::chrono::seconds>(*forward->stickiness);
    route.stickiness =
        std::make_unique<const Stickiness>(sticky::rule_stickiness(listener.name, route.name(), ttl),
                                           sticky::rule_scope(listener.name, route.name()));
  }
  return route;
}

const Route& Routes::find(routing::Facts& facts) const {
  const auto found = shared_.table.first_match(facts);
  return found ? rules_[*found] : default_;
}

}  // namespace weir::proxy
