#include "lb/server/plan_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "config/effective.h"
#include "config/load.h"
#include "config/plan_text.h"

namespace weir::server {
namespace {

using Read = std::expected<config::Loaded, config::Diagnostics>;

config::Colour colour_on(int descriptor) {
  return ::isatty(descriptor) == 1 && colours_wanted() ? config::Colour::on : config::Colour::off;
}

// As `weir check` prints them; with --json on stdout, in the place of the plan.
int refuse(const config::Diagnostics& diagnostics, const PlanOptions& options) {
  if (options.admin.json) {
    fmt::print("{}", config::to_json(diagnostics));
  } else {
    fmt::print(stderr, "{}", config::to_text(diagnostics, colour_on(STDERR_FILENO)));
  }
  return 1;
}

int print_plan(const config::Plan& plan, const PlanOptions& options) {
  return print("plan", options.admin.json ? config::plan_json(plan)
                                          : config::plan_text(plan, colour_on(STDOUT_FILENO)));
}

int plan_from_file(const model::Snapshot& next, const PlanOptions& options) {
  const Read before = config::load(options.files.front(), config::process_environment());
  if (!before) return refuse(before.error(), options);
  return print_plan(config::plan(before->snapshot, next), options);
}

// What it does not say is left out of both: values of secret headers, and what its files of answers held when
// it read them.
int plan_from_running(model::Snapshot next, const PlanOptions& options) {
  admin::Call call;
  call.path = "/api/v1/config";
  auto reply = ask(std::move(call), options.admin);
  if (!reply) return print("plan", std::unexpected(reply.error()));
  const config::LoadOptions alone{.environment = {}, .other_files = false};
  const Read running = config::load_text(reply->body, "the configuration that runs", alone);
  if (!running) {
    refuse(running.error(), options);
    return print("plan", std::unexpected("what " + options.admin.admin +
                                         " answers is no configuration of this version of weir"));
  }
  const Read shown = config::load_text(config::shown_json(config::without_file_bodies(std::move(next))),
                                       options.files.back(), alone);
  if (!shown) return refuse(shown.error(), options);
  return print_plan(config::plan(running->snapshot, shown->snapshot), options);
}

}  // namespace

int plan_command(const PlanOptions& options) {
  Read next = config::load(options.files.back(), config::process_environment());
  if (!next) return refuse(next.error(), options);
  return options.files.size() == 1 ? plan_from_running(std::move(next->snapshot), options)
                                   : plan_from_file(next->snapshot, options);
}

}  // namespace weir::server
