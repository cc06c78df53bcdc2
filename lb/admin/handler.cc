#include "lb/admin/handler.h"

#include <algorithm>
#include <string_view>

#include "lb/admin/status.h"
#include "lb/observe/metrics.h"

namespace weir::admin {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";

Response answer(unsigned status, std::string_view content_type, std::string body) {
  return {status, std::string(content_type), std::move(body), {}};
}

Response metrics(const State& state, base::WallTime) {
  observe::MetricsFacts facts;
  facts.build = state.build;
  facts.snapshot = state.snapshot;
  facts.config_hash = state.config_hash;
  facts.last_reload_succeeded = state.last_reload_succeeded;
  facts.last_reload = state.config_loaded;
  facts.access_log_dropped = state.access_log == nullptr ? 0 : state.access_log->dropped();
  return answer(200, "text/plain; version=0.0.4; charset=utf-8",
                observe::metrics_text(*state.registry, facts));
}

Response livez(const State&, base::WallTime) { return answer(200, kText, "ok\n"); }

bool can_serve(const model::TargetGroup& group) {
  return std::ranges::any_of(group.targets, [](const model::Target& target) { return target.weight > 0; });
}

Response readyz(const State& state, base::WallTime) {
  if (state.phase == Phase::starting) return answer(503, kText, "starting\n");
  if (state.phase == Phase::stopping) return answer(503, kText, "stopping\n");
  const auto& groups = state.snapshot->target_groups;
  if (!groups.empty() && std::ranges::none_of(groups, can_serve)) {
    return answer(503, kText, "no target group has a target\n");
  }
  return answer(200, kText, "ok\n");
}

Response status(const State& state, base::WallTime now) {
  return answer(200, kJson, status_json(state, now));
}

Response config(const State& state, base::WallTime) { return answer(200, kJson, state.config_json); }

struct Endpoint {
  std::string_view path;
  Access access;
  Response (*get)(const State&, base::WallTime);
};

constexpr Endpoint kEndpoints[] = {
    {"/metrics", Access::read, metrics},      {"/livez", Access::probe, livez},
    {"/readyz", Access::probe, readyz},       {"/api/v1/status", Access::read, status},
    {"/api/v1/config", Access::read, config},
};

Response route(const Request& request, const State& state, base::WallTime now, const Endpoint* endpoint) {
  if (endpoint == nullptr) return problem(404, "there is nothing under this path");
  if (request.head.method != http::Method::get && request.head.method != http::Method::head) {
    Response response = problem(405, "this path can be read only");
    response.fields.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  return endpoint->get(state, now);
}

}  // namespace

Response handle(const Request& request, const State& state, const Gate& gate, base::WallTime now) {
  const auto* const found = std::ranges::find(kEndpoints, request.path(), &Endpoint::path);
  const Endpoint* const endpoint = found == std::end(kEndpoints) ? nullptr : found;
  const Access access = endpoint == nullptr ? Access::read : endpoint->access;
  auto refusal = gate.refuse(request, access);
  Response response = refusal ? std::move(*refusal) : route(request, state, now, endpoint);
  response.fields.emplace_back("Cache-Control", "no-store");
  response.fields.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace weir::admin
