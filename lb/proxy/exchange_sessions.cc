// What a client is bound to by weir's cookies, and the cookies that go with its response.

#include "lb/proxy/exchange.h"
#include "lb/proxy/listener.h"

namespace weir::proxy {

using sticky::Fitness;

const Destination& Exchange::choose_destination() {
  if (route_->stickiness && engine_.cookies) {
    const sticky::Ticket* const bound =
        rule_session_.begin(*route_->stickiness, *engine_.cookies, request_.fields, seconds());
    const Destination* const named = bound == nullptr ? nullptr : route_->find(bound->group);
    if (bound != nullptr) rule_session_.found(named == nullptr ? Fitness::gone : Fitness::usable);
    if (named != nullptr) return *named;
  }
  return route_->choose(route_->destinations.size() == 1 ? 0 : engine_.random.next());
}

// Null: the client is bound to none that may be used.
Target* Exchange::named_target() {
  const auto& stickiness = destination_->settings->stickiness;
  if (!stickiness || !engine_.cookies) return nullptr;
  const sticky::Ticket* const bound =
      target_session_.begin(*stickiness, *engine_.cookies, request_.fields, seconds());
  if (bound == nullptr) return nullptr;
  Fitness fitness = Fitness::gone;
  Target* const target = group_->take_named(bound->target, fitness);
  target_session_.found(fitness);
  return target;
}

bool Exchange::sessions_answered(const http::ResponseHead& head) {
  if (!rule_session_.active() && !target_session_.active()) return false;
  if (head.status < 200 && head.status != 101) return false;
  sticky::Nonces& nonces = engine_.cookies->nonces;
  const std::int64_t time = seconds();
  if (rule_session_.active()) rule_session_.answered(rule_session_.sticks(), head.fields, time, nonces);
  if (target_session_.active()) {
    // Another attempt than the first one asked another target.
    const bool by_named = target_session_.sticks() && attempts_ == 1;
    target_session_.answered(by_named, head.fields, time, nonces);
    if (target_session_.id()) attempt_.target()->count_session(*target_session_.id(), now());
  }
  return rule_session_.due() || target_session_.due();
}

void Exchange::add_cookies() {
  const bool by_tls = scheme() == "https";
  const model::Target& target = attempt_.target()->settings();
  http::FieldList& fields = sent_response_.fields;
  if (rule_session_.due()) {
    rule_session_.add_cookie({.group = group_->name()}, *engine_.cookies, by_tls, fields);
  }
  if (target_session_.due()) {
    target_session_.add_cookie({.group = group_->name(), .target = target.id, .zone = target.zone},
                               *engine_.cookies, by_tls, fields);
  }
}

void Exchange::count_sessions() {
  if (rule_session_.active()) route_->counters->sticky.add(rule_session_.outcome());
  if (target_session_.active()) group_->counters().sticky.add(target_session_.outcome());
}

}  // namespace weir::proxy
