#include <algorithm>

#include "lb/admin/dashboard_files.h"
#include "lb/admin/endpoints.h"

namespace weir::admin {
namespace {

// What the page may do: load its own files and talk to its own server.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// If-None-Match: a list of entity tags, ours among them (RFC 9110 13.1.2).
bool is_known(const RoutedRequest& asked, std::string_view entity_tag) {
  const auto field = asked.request.head.fields.find("If-None-Match");
  return field && field->contains(entity_tag);
}

Response file_answer(const RoutedRequest& asked, std::string_view name) {
  const auto files = dashboard_files();
  const auto file = std::ranges::find(files, name, &DashboardFile::name);
  if (file == files.end()) return problem(404, "the dashboard has no such file");
  Response response;
  if (is_known(asked, file->entity_tag)) {
    response.status = 304;
  } else {
    response.content_type = file->content_type;
    response.body = file->content;
  }
  response.fields = {{"ETag", std::string(file->entity_tag)},
                     {"Cache-Control", "no-cache"},
                     {"Content-Security-Policy", kPolicy},
                     {"Referrer-Policy", "no-referrer"}};
  return response;
}

Response page(const RoutedRequest& asked) { return file_answer(asked, "index.html"); }

Response file(const RoutedRequest& asked) { return file_answer(asked, asked.captures[0]); }

// The files tell nothing about the daemon: where reading needs the token, it is the page that asks for it.
constexpr Route kRoutes[] = {
    {http::Method::get, "/", Access::probe, page},
    {http::Method::get, "/dashboard/{}", Access::probe, file},
};

}  // namespace

std::span<const Route> dashboard_routes() { return kRoutes; }

}  // namespace weir::admin
