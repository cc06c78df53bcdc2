#include "lb/admin/endpoints.h"

#include "lb/admin/group_json.h"
#include "lb/admin/timestamp.h"

namespace weir::admin {
Response text_answer(unsigned status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), {}};
}

Response json_answer(unsigned status, std::string body) {
  return {status, "application/json", std::move(body), {}};
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
