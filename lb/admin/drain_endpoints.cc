#include "lb/admin/body_reader.h"
#include "lb/admin/endpoints.h"

namespace weir::admin {
namespace {

Response change(const RoutedRequest& asked,
                Operations::Done (Operations::*operation)(const std::string&, const std::string&)) {
  Operations* const operations = asked.state.operations;
  if (operations == nullptr) return no_operations();
  const std::string& group = asked.captures[0];
  const std::string target = target_name(asked.captures[1]);
  const auto done = (operations->*operation)(group, target);
  if (!done) return problem(done.error().status, done.error().detail);
  return target_answer(asked, 200, group, target);
}

// Nothing can be said of a drain. Who says how long it may take, say, has to learn that it was not heard.
Response drain(const RoutedRequest& asked) {
  if (auto refusal = BodyReader(asked.request.body).refusal()) return *std::move(refusal);
  return change(asked, &Operations::drain);
}

Response undrain(const RoutedRequest& asked) { return change(asked, &Operations::undrain); }

constexpr std::string_view kPattern = "/api/v1/groups/{}/targets/{}/drain";

constexpr Route kDrainRoutes[] = {
    {http::Method::post, kPattern, Access::change, drain},
    {http::Method::delete_, kPattern, Access::change, undrain},
};

}  // namespace

std::span<const Route> drain_routes() { return kDrainRoutes; }

}  // namespace weir::admin
