#include <fmt/format.h>

#include <algorithm>

#include "lb/admin/endpoints.h"
#include "lb/admin/metrics_source.h"
#include "lb/admin/status.h"
#include "lb/observe/metrics.h"

namespace weir::admin {
namespace {

Response metrics(const RoutedRequest& asked) {
  const State& state = asked.state;
  observe::MetricsFacts facts;
  facts.certificates = state.certificates_of_groups;
  facts.build = state.build;
  if (state.operations != nullptr) facts.groups = state.operations->facts();
  facts.config_hash = state.config_hash;
  facts.last_reload_succeeded = state.last_reload_succeeded;
  facts.last_reload = state.config_loaded;
  facts.reloads = state.reloads;
  facts.access_log_dropped = access_log_dropped(state);
  if (state.spans) facts.spans = state.spans();
  for (const ServedCertificate& one : state.certificates)
    facts.certificates.push_back({one.subject, one.not_after});
  Response response = text_answer(200, "");
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.source = std::make_unique<MetricsSource>(*state.registry, std::move(facts));
  return response;
}

Response livez(const RoutedRequest&) { return text_answer(200, "ok\n"); }

bool has_weight(const model::TargetGroup& group) {
  return std::ranges::any_of(group.targets, [](const model::Target& target) { return target.weight > 0; });
}

// Why nobody should be sent here; empty: nothing is wrong.
std::string unready(const model::Snapshot& snapshot) {
  const auto& groups = snapshot.target_groups;
  const bool none = !groups.empty() && std::ranges::none_of(groups, has_weight);
  return none ? "no target group has a target" : "";
}

std::string unready(std::vector<GroupStatus> groups) {
  std::erase_if(groups, [](const GroupStatus& group) { return !group.in_use; });
  const auto waiting = std::ranges::find(groups, false, &GroupStatus::ready);
  if (waiting != groups.end()) return "waiting for the first checks of group " + waiting->name;
  const bool none = !groups.empty() && std::ranges::none_of(groups, &GroupStatus::can_serve);
  return none ? "no target group can serve" : "";
}

Response readyz(const RoutedRequest& asked) {
  const State& state = asked.state;
  if (state.phase == Phase::starting) return text_answer(503, "starting\n");
  if (state.phase == Phase::stopping) return text_answer(503, "stopping\n");
  const std::string why =
      state.operations == nullptr ? unready(*state.snapshot) : unready(state.operations->summaries());
  return why.empty() ? text_answer(200, "ok\n") : text_answer(503, why + "\n");
}

Response status(const RoutedRequest& asked) { return json_answer(200, status_json(asked.state, asked.now)); }

Response config(const RoutedRequest& asked) { return json_answer(200, asked.state.config_json); }

constexpr Route kStatusRoutes[] = {
    {http::Method::get, "/metrics", Access::read, metrics},
    {http::Method::get, "/livez", Access::probe, livez},
    {http::Method::get, "/readyz", Access::probe, readyz},
    {http::Method::get, "/api/v1/status", Access::read, status},
    {http::Method::get, "/api/v1/config", Access::read, config},
};

}  // namespace

std::span<const Route> status_routes() { return kStatusRoutes; }

}  // namespace weir::admin
