#include "config/checks.h"

#include <algorithm>
#include <map>
#include <set>

#include "config/group_checks.h"
#include "config/keys/units.h"
#include "config/listener_checks.h"
#include "config/nearest.h"
#include "config/shared_cookies.h"

namespace weir::config {
namespace {

using base::SocketAddress;
using model::Listener;
using model::Place;
using model::Snapshot;
using model::Target;
using model::TargetGroup;

struct Bound {
  SocketAddress address;
  std::string owner;  // "listener 'web'"
  Place place;
  std::string path;
};

bool is_any(const base::IpAddress& ip) {
  const auto zero = [](std::uint8_t byte) { return byte == 0; };
  return std::all_of(ip.bytes.begin() + (ip.is_v4() ? 12 : 0), ip.bytes.end(), zero);
}

// IPv6 sockets are V6ONLY, so that the families never meet.
bool overlap(const SocketAddress& a, const SocketAddress& b) {
  if (a.is_unix() || b.is_unix()) return a == b;
  if (a.port() != b.port() || a.port() == 0 || a.family() != b.family()) return false;
  return a == b || is_any(a.ip()) || is_any(b.ip());
}

class Checks {
 public:
  Checks(const Snapshot& snapshot, const Files& files, Report& report)
      : snapshot_(snapshot), files_(files), report_(report) {}

  void run() {
    check_binds();
    check_admin();
    for (const Listener& listener : snapshot_.listeners) check_listener(listener);
    for (std::size_t i = 0; i < snapshot_.tests.size(); ++i) check_test(i);
    warn_ = !report_.has_errors();
    for (const TargetGroup& group : snapshot_.target_groups) check_group(group);
    if (!warn_) return;
    for (const Listener& listener : snapshot_.listeners) {
      ListenerChecks(listener, files_, report_).find_warnings();
      warn_of_cookies(listener);
    }
  }

 private:
  Where at(const Place& place, std::string path) const { return files_.where(place, std::move(path)); }

  void check_binds() {
    if (snapshot_.listeners.empty()) {
      Where where = whole_file(files_.names().front(), "listeners");
      where.offset = std::string::npos;  // a misspelt 'listeners' explains more
      report_.add<Message::no_listener>(where);
    }
    for (const Listener& listener : snapshot_.listeners) {
      for (const model::Bind& bind : listener.binds) {
        take({.address = bind.address,
              .owner = "listener '" + listener.name + "'",
              .place = bind.place,
              .path = "listeners." + listener.name + ".bind"});
      }
    }
    const auto& admin = snapshot_.admin;
    if (admin.bind) {
      take({.address = *admin.bind,
            .owner = "the admin listener",
            .place = admin.bind_place,
            .path = "admin.bind"});
    }
  }

  void take(Bound bound) {
    // By port first: among thousands of binds few share one.
    auto& rivals = bound_[bound.address.is_unix() ? 0 : bound.address.port()];
    for (const Bound& other : rivals) {
      if (!overlap(bound.address, other.address)) continue;
      const bool silent = bound.place.line == 0;  // the default admin bind: blame the listener
      const Bound& late = silent ? other : bound;
      const Bound& early = silent ? bound : other;
      const std::string place = early.place.line == 0 ? "its default" : early.place.to_string();
      if (late.address == early.address) {
        report_.add<Message::bind_twice>(at(late.place, late.path), late.address.to_string(), early.owner,
                                         place);
      } else {
        report_.add<Message::bind_overlap>(at(late.place, late.path), late.address.to_string(),
                                           early.address.to_string(), early.owner, place);
      }
      break;
    }
    rivals.push_back(std::move(bound));
  }

  void check_admin() {
    const auto& admin = snapshot_.admin;
    if (!admin.bind || admin.bind->is_unix() || admin.bind->is_loopback() || !admin.token_file.empty())
      return;
    report_.add_with_hint<Message::admin_without_token>(at(admin.bind_place, "admin.bind"),
                                                        "set admin.token_file", admin.bind->to_string());
  }

  void check_listener(const Listener& listener) {
    const std::string path = "listeners." + listener.name;
    ListenerChecks(listener, files_, report_).find_errors();
    if (listener.limits.target_bytes > listener.limits.header_bytes) {
      report_.add<Message::limits_target>(
          at(listener.limits.target_bytes_place, path + ".limits.target_bytes"),
          format_size(listener.limits.target_bytes), format_size(listener.limits.header_bytes));
    }
    check_action(listener.default_action, path);
    std::map<std::string_view, const Place*> names;
    for (std::size_t i = 0; i < listener.rules.size(); ++i) {
      const model::Rule& rule = listener.rules[i];
      const std::string rule_path = fmt::format("{}.rules[{}]", path, i);
      check_action(rule.action, rule_path);
      if (rule.name == "default") report_.add<Message::rule_default>(at(rule.place, rule_path + ".name"));
      const auto [twin, is_new] = names.emplace(rule.name, &rule.place);
      if (!is_new) {
        report_.add<Message::rule_twice>(at(rule.place, rule_path + ".name"), rule.name,
                                         twin->second->to_string());
      }
    }
  }

  void warn_of_cookies(const Listener& listener) {
    for (const auto& [group, other] : find_shared_cookies(snapshot_, listener)) {
      if (warned_cookies_.contains(other->name) || !warned_cookies_.insert(group->name).second) continue;
      const std::string path = fmt::format("target_groups.{}.stickiness", group->name);
      report_.add_with_hint<Message::cookie_shared>(at(group->stickiness->place, path),
                                                    "give one of them another name", group->stickiness->name,
                                                    other->name, listener.name);
    }
  }

  void check_action(const model::Action& action, const std::string& path) {
    const auto* const forward = std::get_if<model::ForwardAction>(&action);
    if (forward == nullptr || forward->place.line == 0) return;  // missing, and reported
    std::uint64_t weight = 0;
    for (const model::WeightedGroup& group : forward->groups) {
      weight += group.weight;
      check_group_name(group.target_group, group.place, path + ".forward");
    }
    if (weight == 0 && !forward->groups.empty())  // without any they were refused
      report_.add<Message::forward_without_weight>(at(forward->place, path + ".forward"));
  }

  void check_test(std::size_t index) {
    const model::RoutingTest& test = snapshot_.tests[index];
    const std::string path = fmt::format("tests[{}]", index);
    const auto& listeners = snapshot_.listeners;
    const bool known = test.listener.empty() ||
                       std::ranges::find(listeners, test.listener, &Listener::name) != listeners.end();
    if (!known) {
      report_.add_with_hint<Message::unknown_listener>(at(test.listener_place, path + ".request.listener"),
                                                       suggest(test.listener, names_of(listeners)),
                                                       shown(test.listener));
    }
    if (test.target_group)
      check_group_name(*test.target_group, test.target_group_place, path + ".expect.group");
  }

  void check_group_name(const std::string& name, const Place& place, const std::string& path) {
    used_.insert(name);
    if (snapshot_.find_group(name) != nullptr) return;
    report_.add_with_hint<Message::unknown_group>(
        at(place, path), suggest(name, names_of(snapshot_.target_groups)), shown(name));
  }

  template <class Named>
  static std::vector<std::string> names_of(const std::vector<Named>& all) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const Named& one : all) names.push_back(one.name);
    return names;
  }

  void check_group(const TargetGroup& group) {
    const std::string path = "target_groups." + group.name;
    const GroupChecks checks(group, snapshot_.process, files_, report_);
    checks.find_errors();
    if (warn_) {
      if (!used_.contains(group.name)) report_.add<Message::group_unused>(at(group.place, path));
      checks.find_warnings();
    }
    for (std::size_t i = 0; i < group.targets.size(); ++i)
      check_loop(group.targets[i], fmt::format("{}.targets[{}]", path, i));
  }

  // Of a wildcard bind only the loopback addresses are known to be our own.
  void check_loop(const Target& target, const std::string& path) {
    const auto rivals = bound_.find(target.address.port());
    if (rivals == bound_.end()) return;
    for (const Bound& bound : rivals->second) {
      if (bound.address.is_unix()) continue;
      const bool ours = bound.address == target.address ||
                        (target.address.is_loopback() && overlap(bound.address, target.address));
      if (!ours) continue;
      const std::string place = bound.place.line == 0 ? "its default" : bound.place.to_string();
      report_.add<Message::target_is_listener>(at(target.address_place, path), target.address.to_string(),
                                               bound.owner, place);
      return;
    }
  }

  const Snapshot& snapshot_;
  const Files& files_;
  Report& report_;
  bool warn_ = false;  // with errors, a group may look empty or unused only because of what was refused
  std::map<std::uint16_t, std::vector<Bound>> bound_;
  std::set<std::string, std::less<>> used_;
  std::set<std::string> warned_cookies_;
};

}  // namespace

void check_whole(const Snapshot& snapshot, const Files& files, Report& report) {
  Checks(snapshot, files, report).run();
}

}  // namespace weir::config
