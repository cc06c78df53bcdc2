#include "lb/admin/endpoints.h"
#include "lb/admin/event_source.h"
#include "lb/admin/live_source.h"

namespace weir::admin {
namespace {

std::uint64_t newest(const Operations& operations) {
  const std::vector<Event> events = operations.events(0);
  return events.empty() ? 0 : events.back().number;
}

// Without Last-Event-ID a client gets what happens from now on.
Response events(const RoutedRequest& asked) {
  if (asked.state.operations == nullptr) return no_operations();
  std::uint64_t after = newest(*asked.state.operations);
  if (const auto field = asked.request.head.fields.find("Last-Event-ID")) {
    const auto behind = behind_event(*field, event_run(asked.state), after);
    if (!behind) return problem(400, "Last-Event-ID: expected the id or the number of an event");
    after = *behind;
  }
  Response response;
  response.content_type = "text/event-stream";
  response.source = std::make_unique<EventSource>(asked.state, after);
  return response;
}

Response live(const RoutedRequest& asked) {
  if (asked.state.operations == nullptr || asked.state.live == nullptr) return no_operations();
  Response response;
  response.content_type = "text/event-stream";
  response.source = std::make_unique<LiveSource>(asked.state, asked.now);
  return response;
}

constexpr Route kEventRoutes[] = {
    {http::Method::get, "/api/v1/events", Access::read, events},
    {http::Method::get, "/api/v1/live", Access::read, live},
};

}  // namespace

std::span<const Route> event_routes() { return kEventRoutes; }

}  // namespace weir::admin
