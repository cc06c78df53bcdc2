#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lb/base/random.h"
#include "lb/observe/access_parts.h"
#include "lb/observe/registry.h"
#include "lb/proxy/group_settings.h"
#include "lb/proxy/listener_settings.h"
#include "lb/proxy/session.h"

namespace weir::proxy {

class Group;

// A group that requests go to by way of a listener.
struct Destination {
  std::uint32_t place = 0;                  // of the group in Routes::groups()
  Group* group = nullptr;                   // the worker's; null until the routes are bound
  const GroupSettings* settings = nullptr;  // those that go with this configuration
  std::uint32_t weight = 0;
  std::shared_ptr<observe::RouteCounters> counters;
};

// A rule, or the default action, as one worker knows it.
struct Route {
  const model::Rule* rule = nullptr;  // null: the default action
  const model::Action* action = nullptr;
  std::vector<Destination> destinations;  // of a forward
  std::uint64_t weight = 0;               // of all of them
  std::shared_ptr<observe::RuleCounters> counters;
  std::shared_ptr<const observe::AccessRoute> access_part = {};  // never null
  std::unique_ptr<const Stickiness> stickiness = {};             // to one of the destinations; null: none

  const std::string& name() const;
  // One of the destinations by weight. `bits` are random.
  const Destination& choose(std::uint64_t bits) const;
  // The destination of this group; null: there is none.
  const Destination* find(std::string_view target_group) const;
};

// What one worker does with the requests of a listener. Names are looked up here, once; made on any thread.
class Routes {
 public:
  // `groups` has all that the listener forwards to.
  Routes(std::shared_ptr<const ListenerSettings> listener, const GroupSettingsByName& groups,
         observe::Registry& registry, unsigned worker);

  const ListenerSettings& settings() const { return *settings_; }
  const std::shared_ptr<const ListenerSettings>& shared_settings() const { return settings_; }
  // `facts` has begun with the request.
  const Route& find(routing::Facts& facts) const;
  bool has_rules() const { return !rules_.empty(); }
  const Route& default_route() const { return default_; }
  // One of the groups tells its targets who a client is before it speaks HTTP.
  bool introduces_clients() const { return introduces_clients_; }
  // The names of all of weir's cookies that there may be on requests.
  std::span<const std::string_view> own_cookies() const { return own_cookies_; }

  // Of the groups that are forwarded to.
  const std::vector<std::shared_ptr<const GroupSettings>>& groups() const { return groups_; }
  // The worker's own ones, in the same order; or none any more.
  void bind(std::span<const std::shared_ptr<Group>> groups);

 private:
  Route make(const model::Rule* rule, const GroupSettingsByName& groups, observe::Registry& registry,
             unsigned worker);
  std::uint32_t place_of(const std::string& group, const GroupSettingsByName& groups);
  void learn_cookies(const Route& route);

  const std::shared_ptr<const ListenerSettings> settings_;
  std::vector<std::shared_ptr<const GroupSettings>> groups_;
  std::unordered_map<const GroupSettings*, std::uint32_t> places_;  // in groups_, while the routes are made
  std::vector<Route> rules_;
  Route default_;
  bool introduces_clients_ = false;
  std::vector<std::string_view> own_cookies_;
};

}  // namespace weir::proxy
