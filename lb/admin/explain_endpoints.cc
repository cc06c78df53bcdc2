#include "lb/admin/endpoints.h"
#include "lb/admin/registration.h"

namespace weir::admin {
namespace {

Response explain(const RoutedRequest& asked) {
  if (!asked.state.explain) return no_operations();
  auto order = read_explain(asked.request.body);
  if (!order) return std::move(order.error());
  auto explanation = asked.state.explain(*order);
  if (!explanation) return problem(explanation.error().status, explanation.error().detail);
  return json_answer(200, *std::move(explanation));
}

constexpr Route kExplainRoutes[] = {{http::Method::post, "/api/v1/explain", Access::read, explain}};

}  // namespace

std::span<const Route> explain_routes() { return kExplainRoutes; }

}  // namespace weir::admin
