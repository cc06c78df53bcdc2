#include "lb/admin/handler.h"

#include <algorithm>

#include "lb/admin/endpoints.h"

namespace weir::admin {
namespace {

using Field = std::pair<std::string, std::string>;

Response answer(const Request& request, const State& state, base::WallTime now, RouteMatch found) {
  if (found.allow.empty()) return problem(404, "there is nothing under this path");
  if (found.route == nullptr) {
    Response response = problem(405, "this path takes other methods only: " + found.allow);
    response.fields.emplace_back("Allow", found.allow);
    return response;
  }
  if (!found.well_encoded) return problem(400, "the path is not well encoded");
  return found.route->answer({request, state, now, std::move(found.captures)});
}

}  // namespace

Response handle(const Request& request, const State& state, const Gate& gate, base::WallTime now) {
  RouteMatch found = match(all_routes(), request.head.method, request.path());
  auto refusal = gate.refuse(request, found.access);
  Response response = refusal ? std::move(*refusal) : answer(request, state, now, std::move(found));
  if (std::ranges::find(response.fields, "Cache-Control", &Field::first) == response.fields.end())
    response.fields.emplace_back("Cache-Control", "no-store");
  response.fields.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace weir::admin
