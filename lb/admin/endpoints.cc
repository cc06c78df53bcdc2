#include "lb/admin/endpoints.h"

#include <array>

#include "lb/admin/group_json.h"
#include "lb/admin/timestamp.h"

namespace weir::admin {
namespace {

// If-None-Match: a list of entity tags, ours among them (RFC 9110 13.1.2).
bool is_known(const RoutedRequest& asked, std::string_view entity_tag) {
  const auto field = asked.request.head.fields.find("If-None-Match");
  return field && field->contains(entity_tag);
}

}  // namespace

std::span<const std::span<const Route>> all_routes() {
  static const std::array families{status_routes(),  target_routes(),   drain_routes(), zone_routes(),
                                   event_routes(),   explain_routes(),  plan_routes(),  reload_routes(),
                                   openapi_routes(), dashboard_routes()};
  return families;
}

Response text_answer(unsigned status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), {}};
}

Response json_answer(unsigned status, std::string body) {
  return {status, "application/json", std::move(body), {}};
}

Response embedded_answer(const RoutedRequest& asked, const EmbeddedFile& file) {
  Response response;
  if (is_known(asked, file.entity_tag)) {
    response.status = 304;
  } else {
    response.content_type = file.content_type;
    response.body = file.content;
  }
  response.fields = {{"ETag", std::string(file.entity_tag)}, {"Cache-Control", "no-cache"}};
  return response;
}

Response no_operations() { return problem(503, "no target groups run at this moment"); }

Response target_answer(const RoutedRequest& asked, unsigned status, const std::string& group,
                       const std::string& target) {
  const std::optional<TargetStatus> found = asked.state.operations->target(group, target);
  nlohmann::ordered_json document;
  document["at"] = timestamp(asked.now);
  document["target_group"] = group;
  document["target"] = nullptr;
  if (found) document["target"] = json_of(*found);
  return json_answer(status, json_text(document) + "\n");
}

std::string target_name(const std::string& segment) {
  const auto address = base::SocketAddress::parse(segment);
  return address ? address->to_string() : segment;
}

}  // namespace weir::admin
