#include <algorithm>

#include "lb/admin/endpoints.h"
#include "lb/admin/group_json.h"
#include "lb/admin/registration.h"
#include "lb/admin/timestamp.h"

namespace weir::admin {
namespace {

// The shift of a zone as it is now, or that there is none.
Response zone_answer(const RoutedRequest& asked, const std::string& zone) {
  const std::vector<ZoneShift> shifts = asked.state.operations->shifts();
  const auto found = std::ranges::find(shifts, zone, &ZoneShift::zone);
  nlohmann::ordered_json document;
  document["at"] = timestamp(asked.now);
  document["zone"] = zone;
  document["shift"] = nullptr;
  if (found != shifts.end()) document["shift"] = json_of(*found);
  return json_answer(200, json_text(document) + "\n");
}

Response shift(const RoutedRequest& asked) {
  Operations* const operations = asked.state.operations;
  if (operations == nullptr) return no_operations();
  auto order = read_shift(asked.request.body);
  if (!order) return std::move(order.error());
  const std::string& zone = asked.captures[0];
  const auto done = operations->shift(zone, order->time, order->reason, order->force);
  if (!done) return problem(done.error().status, done.error().detail);
  return zone_answer(asked, zone);
}

Response unshift(const RoutedRequest& asked) {
  Operations* const operations = asked.state.operations;
  if (operations == nullptr) return no_operations();
  const auto done = operations->unshift(asked.captures[0]);
  if (!done) return problem(done.error().status, done.error().detail);
  return zone_answer(asked, asked.captures[0]);
}

constexpr std::string_view kPattern = "/api/v1/zones/{}/shift";

constexpr Route kZoneRoutes[] = {
    {http::Method::post, kPattern, Access::change, shift},
    {http::Method::delete_, kPattern, Access::change, unshift},
};

}  // namespace

std::span<const Route> zone_routes() { return kZoneRoutes; }

}  // namespace weir::admin
