#include "lb/server/reload_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "config/plan_text.h"
#include "lb/admin/endpoints.h"
#include "lb/admin/timestamp.h"
#include "lb/observe/metrics.h"

namespace weir::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostInLine = 20;  // diagnostics

std::string line_of(const config::Diagnostic& diagnostic) {
  std::string line;
  if (diagnostic.place.line != 0) {
    line = diagnostic.place.to_string() + ": ";
  } else if (!diagnostic.place.file.empty()) {
    line = diagnostic.place.file + ": ";
  }
  if (!diagnostic.path.empty()) line += diagnostic.path + ": ";
  line += diagnostic.message;
  return diagnostic.hint.empty() ? line : line + "; " + diagnostic.hint;
}

config::Diagnostics errors_of(config::Diagnostics diagnostics) {
  std::erase_if(diagnostics, [](const config::Diagnostic& diagnostic) {
    return diagnostic.severity != config::Severity::error;
  });
  return diagnostics;
}

std::string errors_line(const config::Diagnostics& diagnostics) {
  const config::Diagnostics errors = errors_of(diagnostics);
  std::string line;
  for (std::size_t i = 0; i < std::min(errors.size(), kMostInLine); ++i) {
    line += (i == 0 ? "" : " | ") + line_of(errors[i]);
  }
  if (errors.size() > kMostInLine) line += fmt::format(" | and {} more", errors.size() - kMostInLine);
  return line;
}

Json parsed(const std::string& json) { return Json::parse(json, nullptr, false); }

admin::Response refusal(const ReloadReport& report) {
  const config::Diagnostics errors = errors_of(report.diagnostics);
  admin::Response response = admin::problem(
      422, fmt::format("the configuration is refused, the old one stays in force: {}", errors_line(errors)));
  Json document = parsed(response.body);
  document["diagnostics"] = parsed(config::to_json(report.diagnostics))["diagnostics"];
  document["text"] = config::to_text(report.diagnostics);
  response.body = document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

}  // namespace

std::string_view word(ReloadCause cause) {
  static constexpr std::array<std::string_view, 5> kWords = {"a change of its files", "SIGHUP", "a command",
                                                             "nobody confirmed it", "more requests failed"};
  return kWords[static_cast<std::size_t>(cause)];
}

std::string_view word(ReloadResult result) {
  return observe::kReloadResults[static_cast<std::size_t>(result)];
}

std::string log_line(const ReloadReport& report) {
  switch (report.result) {
    case ReloadResult::applied:
      return fmt::format("configuration reloaded ({}{}): {}", word(report.cause),
                         report.confirm_until ? ", to be confirmed" : "", config::plan_line(report.plan));
    case ReloadResult::unchanged:
      return fmt::format("configuration read again ({}): no changes", word(report.cause));
    case ReloadResult::refused:
      return fmt::format("reload refused ({}), the old configuration stays in force: {}", word(report.cause),
                         errors_line(report.diagnostics));
    case ReloadResult::rollback_failed:
      return fmt::format(
          "the configuration CANNOT be rolled back, the new one stays in force and this is tried again ({}): "
          "{}",
          report.detail, errors_line(report.diagnostics));
    case ReloadResult::rolled_back: break;
  }
  return fmt::format("configuration rolled back, {}; the file still says otherwise: {}", report.detail,
                     config::plan_line(report.plan));
}

admin::Event event_of(const ReloadReport& report) {
  return {.at = report.at,
          .kind = "reload",
          .to = std::string(word(report.result)),
          .reason = report.detail.empty() ? std::string(word(report.cause)) : report.detail,
          .detail = report.went_well() || report.result == ReloadResult::rolled_back
                        ? config::plan_line(report.plan)
                        : errors_line(report.diagnostics)};
}

admin::Response answer_of(const ReloadReport& report) {
  if (report.result == ReloadResult::refused) return refusal(report);
  Json document;
  document["result"] = word(report.result);
  document["confirm_until"] = report.confirm_until ? Json(admin::timestamp(*report.confirm_until)) : Json();
  document.update(parsed(config::plan_json(report.plan)));
  document["warnings"] = parsed(config::to_json(report.diagnostics))["diagnostics"];
  return admin::json_answer(200, document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace weir::server
