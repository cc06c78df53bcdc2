#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

#include "config/load.h"
#include "config/plan_text.h"
#include "lb/admin/endpoints.h"
#include "lb/admin/later.h"

namespace weir::admin {
namespace {

// Relative paths in the document are meant as in the file that weir reads; that name itself is not the
// document's.
std::string document_name(const std::string& config_file) {
  return (std::filesystem::path(config_file).parent_path() / "(request body)").string();
}

// A problem with the member "diagnostics", as `weir check --format json` has it.
Response unprocessable(const config::Diagnostics& diagnostics) {
  const auto errors = std::ranges::count(diagnostics, config::Severity::error, &config::Diagnostic::severity);
  Response response =
      problem(422, fmt::format("the configuration is not valid: {} error{}", errors, errors == 1 ? "" : "s"));
  auto document = nlohmann::ordered_json::parse(response.body);
  document["diagnostics"] = nlohmann::ordered_json::parse(config::to_json(diagnostics))["diagnostics"];
  response.body = document.dump(2) + "\n";
  return response;
}

// The document comes from anybody who reaches this listener: it gets to see no file and no environment.
Response plan_of(const std::string& text, const std::string& name, const model::Snapshot& running) {
  auto next = config::load_text(text, name, {.environment = {}, .other_files = false});
  if (!next) return unprocessable(next.error());
  return json_answer(200,
                     config::plan_json(config::plan(config::without_file_bodies(running), next->snapshot)));
}

Response plan(const RoutedRequest& asked) {
  if (asked.request.body.empty())
    return problem(400, "the body has to be a configuration: the whole of it, YAML or JSON");
  auto work = [text = std::string(asked.request.body), name = document_name(asked.state.config_file),
               running = asked.state.snapshot] { return plan_of(text, name, *running); };
  if (!asked.state.elsewhere) return work();
  Response response;
  response.later = asked.state.elsewhere(std::move(work));
  return response;
}

constexpr Route kPlanRoutes[] = {{http::Method::post, "/api/v1/plan", Access::read, plan}};

}  // namespace

std::span<const Route> plan_routes() { return kPlanRoutes; }

}  // namespace weir::admin
