#include "lb/server/check_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "config/load.h"
#include "config/schema.h"
#include "lb/server/findings.h"
#include "lb/server/listener_tls.h"

namespace weir::server {
namespace {

std::string count(std::size_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::string summary(const model::Snapshot& snapshot) {
  std::size_t targets = 0;
  for (const model::TargetGroup& group : snapshot.target_groups) targets += group.targets.size();
  std::string text =
      fmt::format("{}, {}, {}", count(snapshot.listeners.size(), "listener"),
                  count(snapshot.target_groups.size(), "target group"), count(targets, "target"));
  if (!snapshot.tests.empty()) text += fmt::format(", {} passed", count(snapshot.tests.size(), "test"));
  return text;
}

// What the reader has found, and of a valid file what follows from its rules.
struct Findings {
  config::Diagnostics all;
  std::size_t failed_tests = 0;
};

Findings findings_of(const std::expected<config::Loaded, config::Diagnostics>& loaded) {
  if (!loaded) return {.all = loaded.error()};
  Findings found{.all = loaded->warnings};
  const config::Diagnostics rules = rule_findings(*loaded);
  const config::Diagnostics keys = key_findings(*loaded);
  const config::Diagnostics tls = tls_findings(*loaded);
  const config::Diagnostics tests = test_findings(*loaded);
  found.all.insert(found.all.end(), rules.begin(), rules.end());
  found.all.insert(found.all.end(), keys.begin(), keys.end());
  found.all.insert(found.all.end(), tls.begin(), tls.end());
  found.all.insert(found.all.end(), tests.begin(), tests.end());
  found.failed_tests = tests.size();
  config::sort(found.all, *loaded);
  return found;
}

}  // namespace

// What was asked for goes to stdout, valid or not: it is the result of this command.
int check_command(const CheckOptions& options) {
  const auto loaded = config::load(options.file, config::process_environment());
  const Findings found = findings_of(loaded);
  const bool valid = !config::has_errors(found.all);
  if (options.format == CheckOptions::Format::json) {
    fmt::print("{}", config::to_json(found.all));
    return valid ? 0 : 1;
  }
  const config::Colour colour = ::isatty(STDOUT_FILENO) == 1 ? config::Colour::on : config::Colour::off;
  fmt::print("{}", config::to_text(found.all, colour));
  if (valid) {
    fmt::print("{}: valid ({})\n", options.file, summary(loaded->snapshot));
  } else if (found.failed_tests != 0) {
    fmt::print("{}: {} of {} failed\n", options.file, found.failed_tests,
               count(loaded->snapshot.tests.size(), "test"));
  }
  return valid ? 0 : 1;
}

int schema_command() {
  fmt::print("{}", config::json_schema());
  return 0;
}

}  // namespace weir::server
