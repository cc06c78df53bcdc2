#include "lb/proxy/routes.h"

#include <algorithm>

#include "lb/sticky/rule_cookie.h"

namespace weir::proxy {

namespace {

// ALB's words for what a rule does.
std::string_view action_word(const model::Action& action) {
  if (std::holds_alternative<model::RedirectAction>(action)) return "redirect";
  return std::holds_alternative<model::RespondAction>(action) ? "fixed-response" : "forward";
}

}  // namespace

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
    return destination.settings->model.name == target_group;
  });
  return found == destinations.end() ? nullptr : &*found;
}

Routes::Routes(std::shared_ptr<const ListenerSettings> listener, const GroupSettingsByName& groups,
               observe::Registry& registry, unsigned worker)
    : settings_(std::move(listener)), default_(make(nullptr, groups, registry, worker)) {
  rules_.reserve(settings_->model.rules.size());
  for (const model::Rule& rule : settings_->model.rules) {
    rules_.push_back(make(&rule, groups, registry, worker));
  }
  places_.clear();
  introduces_clients_ = std::ranges::any_of(
      groups_, [](const auto& group) { return group->model.proxy_protocol != model::SentProxyHeader::off; });
  for (const Route& route : rules_) learn_cookies(route);
  learn_cookies(default_);
  std::ranges::sort(own_cookies_);
  own_cookies_.erase(std::ranges::unique(own_cookies_).begin(), own_cookies_.end());
}

void Routes::learn_cookies(const Route& route) {
  const auto add = [&](const Stickiness& stickiness) {
    const auto names = stickiness.cookie.names();
    own_cookies_.insert(own_cookies_.end(), names.begin(), names.end());
  };
  if (route.stickiness) add(*route.stickiness);
  for (const Destination& destination : route.destinations) {
    if (destination.settings->stickiness) add(*destination.settings->stickiness);
  }
}

std::uint32_t Routes::place_of(const std::string& group, const GroupSettingsByName& groups) {
  const auto& settings = groups.find(group)->second;
  const auto [known, is_new] =
      places_.try_emplace(settings.get(), static_cast<std::uint32_t>(groups_.size()));
  if (is_new) groups_.push_back(settings);
  return known->second;
}

Route Routes::make(const model::Rule* rule, const GroupSettingsByName& groups, observe::Registry& registry,
                   unsigned worker) {
  const model::Listener& listener = settings_->model;
  Route route;
  route.rule = rule;
  route.action = rule == nullptr ? &listener.default_action : &rule->action;
  route.counters = registry.rule(worker, listener.name, route.name());
  const std::size_t number = rule == nullptr ? 0 : static_cast<std::size_t>(rule - listener.rules.data()) + 1;
  route.access_part =
      std::make_shared<const observe::AccessRoute>(route.name(), number, action_word(*route.action));
  const auto* const forward = std::get_if<model::ForwardAction>(route.action);
  if (forward == nullptr) return route;
  for (const model::WeightedGroup& group : forward->groups) {
    const std::uint32_t place = place_of(group.target_group, groups);
    route.destinations.push_back({.place = place,
                                  .settings = groups_[place].get(),
                                  .weight = group.weight,
                                  .counters = registry.route(worker, listener.name, group.target_group)});
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

void Routes::bind(std::span<const std::shared_ptr<Group>> groups) {
  const auto bind_one = [&](Route& route) {
    for (Destination& destination : route.destinations) {
      destination.group = groups.empty() ? nullptr : groups[destination.place].get();
    }
  };
  for (Route& route : rules_) bind_one(route);
  bind_one(default_);
}

const Route& Routes::find(routing::Facts& facts) const {
  const auto found = settings_->table.first_match(facts);
  return found ? rules_[*found] : default_;
}

}  // namespace weir::proxy
