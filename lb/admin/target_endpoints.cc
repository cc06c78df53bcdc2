#include <fmt/format.h>

#include <algorithm>

#include "lb/admin/endpoints.h"
#include "lb/admin/group_json.h"
#include "lb/admin/query.h"
#include "lb/admin/registration.h"
#include "lb/admin/timestamp.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

constexpr std::uint64_t kMostProbes = 20;

Response no_group(const std::string& group) {
  return problem(404, fmt::format("there is no target group '{}'", base::escape(group)));
}

Response groups_answer(const RoutedRequest& asked, const std::vector<GroupStatus>& groups,
                       const std::optional<std::string>& group) {
  nlohmann::ordered_json document;
  document["at"] = timestamp(asked.now);
  document["target_groups"] = nlohmann::ordered_json::array();
  for (const GroupStatus& one : groups) {
    if (!group || one.name == *group) document["target_groups"].push_back(json_of(one));
  }
  document["zone_shifts"] = nlohmann::ordered_json::array();
  for (const ZoneShift& shift : asked.state.operations->shifts())
    document["zone_shifts"].push_back(json_of(shift));
  return json_answer(200, json_text(document) + "\n");
}

Response targets_answer(const RoutedRequest& asked, const std::optional<std::string>& group,
                        std::size_t probes) {
  const std::vector<GroupStatus> groups = asked.state.operations->groups(probes);
  if (group && std::ranges::find(groups, *group, &GroupStatus::name) == groups.end()) return no_group(*group);
  return groups_answer(asked, groups, group);
}

// The group with no other target than this one, which has all its probes.
Response one_target_answer(const RoutedRequest& asked, const std::string& group, const std::string& target) {
  std::vector<GroupStatus> groups = asked.state.operations->summaries();
  const auto found = std::ranges::find(groups, group, &GroupStatus::name);
  if (found == groups.end()) return no_group(group);
  auto status = asked.state.operations->target(group, target_name(target));
  if (!status) {
    return problem(
        404, fmt::format("target group '{}' has no target '{}'", base::escape(group), base::escape(target)));
  }
  found->targets.push_back(*std::move(status));
  return groups_answer(asked, groups, group);
}

Response list(const RoutedRequest& asked) {
  if (asked.state.operations == nullptr) return no_operations();
  const auto group = query_value(asked.request.query(), "group");
  if (!group) return problem(400, "group: " + group.error());
  const auto target = query_value(asked.request.query(), "target");
  if (!target) return problem(400, "target: " + target.error());
  if (*target && !*group) return problem(400, "target: needs a group beside it");
  if (*target) return one_target_answer(asked, **group, **target);
  const auto probes = query_value(asked.request.query(), "probes");
  if (!probes) return problem(400, "probes: " + probes.error());
  std::optional<std::uint64_t> count = kMostProbes;
  if (*probes) count = base::parse_decimal(**probes);
  if (!count || *count > kMostProbes)
    return problem(400, fmt::format("probes: expected a number in 0-{}", kMostProbes));
  return targets_answer(asked, *group, *count);
}

Response register_target(const RoutedRequest& asked) {
  if (asked.state.operations == nullptr) return no_operations();
  auto registration = read_registration(asked.captures[1], asked.request.body);
  if (!registration) return std::move(registration.error());
  const std::string& group = asked.captures[0];
  const auto added = asked.state.operations->register_target(group, *registration);
  if (!added) return problem(added.error().status, added.error().detail);
  return target_answer(asked, *added ? 201 : 200, group, registration->address.to_string());
}

Response deregister_target(const RoutedRequest& asked) {
  if (asked.state.operations == nullptr) return no_operations();
  const std::string& group = asked.captures[0];
  const std::string target = target_name(asked.captures[1]);
  const auto done = asked.state.operations->deregister_target(group, target);
  if (!done) return problem(done.error().status, done.error().detail);
  return target_answer(asked, 200, group, target);
}

constexpr Route kTargetRoutes[] = {
    {http::Method::get, "/api/v1/targets", Access::read, list},
    {http::Method::put, "/api/v1/groups/{}/targets/{}", Access::change, register_target},
    {http::Method::delete_, "/api/v1/groups/{}/targets/{}", Access::change, deregister_target},
};

}  // namespace

std::span<const Route> target_routes() { return kTargetRoutes; }

}  // namespace weir::admin
