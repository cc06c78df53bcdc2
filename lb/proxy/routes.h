#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lb/base/random.h"
#include "lb/model/listener.h"
#include "lb/observe/registry.h"
#include "lb/proxy/session.h"
#include "lb/routing/route_table.h"
#include "lb/routing/sources.h"

namespace weir::proxy {

class Engine;
class Group;

// A group that requests go to by way of a listener.
struct Destination {
  Group* group = nullptr;
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
  std::unique_ptr<const Stickiness> stickiness = {};  // to one of the destinations; null: none

  const std::string& name() const;
  // One of the destinations by weight. `bits` are random.
  const Destination& choose(std::uint64_t bits) const;
  // The destination of this group; null: there is none.
  const Destination* find(std::string_view target_group) const;
};

// What the workers share of a listener's rules.
struct Routing {
  explicit Routing(const model::Listener& listener);
  const routing::RouteTable table;
  const routing::SourceFilter sources;
  const bool filters;  // some sources are not allowed
};

// What one worker does with the requests of a listener. Names are looked up here, once.
class Routes {
 public:
  // The listener outlives it.
  Routes(Engine& engine, const model::Listener& listener, const Routing& shared);

  // `facts` has begun with the request.
  const Route& find(routing::Facts& facts) const;
  bool has_rules() const { return !rules_.empty(); }
  const Route& default_route() const { return default_; }
  // The names of all of weir's cookies that there may be on requests.
  std::span<const std::string_view> own_cookies() const { return own_cookies_; }

 private:
  void learn_cookies(const Route& route);
  static Route make(Engine& engine, const model::Listener& listener, const model::Rule* rule);

  const Routing& shared_;
  std::vector<Route> rules_;
  Route default_;
  std::vector<std::string_view> own_cookies_;
};

}  // namespace weir::proxy
