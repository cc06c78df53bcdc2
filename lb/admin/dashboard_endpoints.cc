#include <algorithm>

#include "lb/admin/embedded_files.h"
#include "lb/admin/endpoints.h"

namespace weir::admin {
namespace {

// What the page may do: load its own files and talk to its own server.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Response file_answer(const RoutedRequest& asked, std::string_view name) {
  const auto files = dashboard_files();
  const auto file = std::ranges::find(files, name, &EmbeddedFile::name);
  if (file == files.end()) return problem(404, "the dashboard has no such file");
  Response response = embedded_answer(asked, *file);
  response.fields.emplace_back("Content-Security-Policy", kPolicy);
  response.fields.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

Response page(const RoutedRequest& asked) { return file_answer(asked, "index.html"); }

Response file(const RoutedRequest& asked) { return file_answer(asked, asked.captures[0]); }

// The files tell nothing about the daemon: where reading needs the token, it is the page that asks for it.
constexpr Route kDashboardRoutes[] = {
    {http::Method::get, "/", Access::probe, page},
    {http::Method::get, "/dashboard/{}", Access::probe, file},
};

}  // namespace

std::span<const Route> dashboard_routes() { return kDashboardRoutes; }

}  // namespace weir::admin
