#include "lb/server/check_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "config/load.h"
#include "config/schema.h"

namespace weir::server {
namespace {

std::string count(std::size_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::string summary(const model::Snapshot& snapshot) {
  std::size_t targets = 0;
  for (const model::TargetGroup& group : snapshot.target_groups) targets += group.targets.size();
  return fmt::format("{}, {}, {}", count(snapshot.listeners.size(), "listener"),
                     count(snapshot.target_groups.size(), "target group"), count(targets, "target"));
}

}  // namespace

// What was asked for goes to stdout, valid or not: it is the result of this command.
int check_command(const CheckOptions& options) {
  const auto loaded = config::load(options.file, config::process_environment());
  const config::Diagnostics& found = loaded ? loaded->warnings : loaded.error();
  if (options.format == CheckOptions::Format::json) {
    fmt::print("{}", config::to_json(found));
  } else {
    const config::Colour colour = ::isatty(STDOUT_FILENO) == 1 ? config::Colour::on : config::Colour::off;
    fmt::print("{}", config::to_text(found, colour));
    if (loaded) fmt::print("{}: valid ({})\n", options.file, summary(loaded->snapshot));
  }
  return loaded ? 0 : 1;
}

int schema_command() {
  fmt::print("{}", config::json_schema());
  return 0;
}

}  // namespace weir::server
