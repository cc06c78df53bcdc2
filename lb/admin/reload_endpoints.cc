#include <fmt/format.h>

#include "config/keys/units.h"
#include "lb/admin/body_reader.h"
#include "lb/admin/endpoints.h"
#include "lb/admin/later.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

constexpr base::Duration kShortestConfirm = std::chrono::seconds(1);
constexpr base::Duration kLongestConfirm = std::chrono::hours(24);

Response built_in() { return problem(409, "this weir runs without a configuration file"); }

// What is wrong is kept by the reader.
std::optional<base::Duration> confirm_time(BodyReader& reader) {
  const auto text = reader.text("confirm");
  if (!text) return std::nullopt;
  const auto time = config::parse_duration(*text);
  if (!time) {
    reader.complain("confirm",
                    fmt::format("expected a duration such as 60s, found '{}'", base::escape(*text, 64)));
  } else if (*time < kShortestConfirm || *time > kLongestConfirm) {
    reader.complain("confirm", fmt::format("{} is not in 1s-1d", base::escape(*text, 64)));
  } else {
    return *time;
  }
  return std::nullopt;
}

Response reload(const RoutedRequest& asked) {
  if (!asked.state.reload) return built_in();
  BodyReader reader(asked.request.body);
  const auto confirm = confirm_time(reader);
  if (auto refusal = reader.refusal()) return std::move(*refusal);
  Response response;
  response.later = asked.state.reload(confirm);
  return response;
}

Response confirm(const RoutedRequest& asked) {
  if (!asked.state.confirm) return built_in();
  if (!asked.state.confirm()) return problem(409, "there is no configuration that waits to be confirmed");
  return json_answer(200, "{\"result\": \"confirmed\"}\n");
}

constexpr Route kReloadRoutes[] = {
    {http::Method::post, "/api/v1/reload", Access::change, reload},
    {http::Method::post, "/api/v1/confirm", Access::change, confirm},
};

}  // namespace

std::span<const Route> reload_routes() { return kReloadRoutes; }

}  // namespace weir::admin
