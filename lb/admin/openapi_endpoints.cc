#include "lb/admin/endpoints.h"

namespace weir::admin {
namespace {

Response openapi(const RoutedRequest& asked) { return embedded_answer(asked, openapi_files().front()); }

// It tells nothing about the daemon.
constexpr Route kOpenapiRoutes[] = {{http::Method::get, "/api/v1/openapi.json", Access::probe, openapi}};

}  // namespace

std::span<const Route> openapi_routes() { return kOpenapiRoutes; }

}  // namespace weir::admin
