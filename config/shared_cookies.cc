#include "config/shared_cookies.h"

#include <map>
#include <string>
#include <string_view>

namespace weir::config {
namespace {

using model::TargetGroup;

// Who has set a cookie of one name so far.
class Users {
 public:
  // Returns another group that clients of these hosts (empty: of any) may come to as well; null: there is
  // none.
  const TargetGroup* add(const TargetGroup& group, const std::vector<model::Pattern>& hosts) {
    const TargetGroup* const rival =
        hosts.empty() ? other_than(group, first_, second_) : rival_at(group, hosts);
    if (first_ == nullptr) first_ = &group;
    if (first_ != &group && second_ == nullptr) second_ = &group;
    if (hosts.empty() && anywhere_ == nullptr) anywhere_ = &group;
    for (const model::Pattern& host : hosts) at_.emplace(host.text(), &group);
    return rival;
  }

 private:
  static const TargetGroup* other_than(const TargetGroup& group, const TargetGroup* one,
                                       const TargetGroup* two) {
    return one != &group ? one : two;
  }

  const TargetGroup* rival_at(const TargetGroup& group, const std::vector<model::Pattern>& hosts) const {
    if (anywhere_ != nullptr && anywhere_ != &group) return anywhere_;
    for (const model::Pattern& host : hosts) {
      const auto found = at_.find(host.text());
      if (found != at_.end() && found->second != &group) return found->second;
    }
    return nullptr;
  }

  const TargetGroup* first_ = nullptr;
  const TargetGroup* second_ = nullptr;
  const TargetGroup* anywhere_ = nullptr;
  std::map<std::string_view, const TargetGroup*> at_;
};

}  // namespace

std::vector<SharedCookie> find_shared_cookies(const model::Snapshot& snapshot,
                                              const model::Listener& listener) {
  std::vector<SharedCookie> shared;
  std::map<std::string_view, Users> users;
  const auto look = [&](const model::Action& action, const std::vector<model::Pattern>& hosts) {
    const auto* const forward = std::get_if<model::ForwardAction>(&action);
    if (forward == nullptr) return;
    for (const model::WeightedGroup& weighted : forward->groups) {
      const TargetGroup& group = *snapshot.find_group(weighted.target_group);
      if (!group.stickiness) continue;
      const TargetGroup* const other = users[group.stickiness->name].add(group, hosts);
      if (other != nullptr) shared.push_back({&group, other});
    }
  };
  for (const model::Rule& rule : listener.rules) look(rule.action, rule.match.hosts);
  look(listener.default_action, {});
  return shared;
}

}  // namespace weir::config
