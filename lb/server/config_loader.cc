#include "lb/server/config_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/environment.h"
#include "config/finding.h"
#include "config/plan/file_changes.h"
#include "lb/net/signal.h"
#include "lb/server/findings.h"
#include "lb/server/listener_tls.h"

namespace weir::server {
namespace {

struct Candidate {
  model::Snapshot snapshot;
  ConfigSource source;
  config::Diagnostics warnings = {};
};

std::expected<Candidate, RefusedConfiguration> read(const std::string& file, const Configuration& running) {
  const config::LoadOptions options{.environment = config::process_environment(), .may_be_pipe = false};
  config::Inputs inputs;
  auto loaded = config::load(file, options, inputs);
  if (!loaded) return std::unexpected(RefusedConfiguration{std::move(loaded.error()), std::move(inputs)});
  config::Diagnostics warnings = loaded->warnings;
  std::ranges::move(rule_findings(*loaded), std::back_inserter(warnings));
  std::ranges::move(tls_findings(*loaded, {.served = &running.tls.files}), std::back_inserter(warnings));
  config::sort(warnings, *loaded);
  if (config::has_errors(warnings)) {
    return std::unexpected(RefusedConfiguration{std::move(warnings), std::move(inputs)});
  }
  return Candidate{std::move(loaded->snapshot), {file, std::move(inputs)}, std::move(warnings)};
}

// What stands in files beside the configuration.
void add_secret_changes(const Configuration& running, const Configuration& next, config::Plan& plan) {
  const auto add = [&](std::string subject, std::string text) {
    plan.changes.push_back({.subject = std::move(subject), .text = std::move(text)});
  };
  if (running.keys && next.keys && !sticky::same(*running.keys, *next.keys)) {
    add("secrets", fmt::format("the cookie keys have changed: {} now", next.keys->size()));
  }
  if (running.token != next.token) add("admin", "the token has changed");
  config::add_file_changes(plan, config::tls_file_uses(*next.snapshot),
                           config::changed_tls_files(running.tls.files, next.tls.files));
}

LoadOutcome complete(Candidate candidate, const Configuration& running, observe::Registry& registry,
                     unsigned workers) {
  LoadedConfiguration result;
  result.plan = config::plan(*running.snapshot, candidate.snapshot);
  result.warnings = std::move(candidate.warnings);
  auto made = make_configuration(config::in_force(*running.snapshot, std::move(candidate.snapshot)),
                                 candidate.source, &running);
  if (!made) {
    return std::unexpected(
        RefusedConfiguration{{diagnostic_of(made.error())}, std::move(candidate.source.inputs)});
  }
  result.configuration = *std::move(made);
  add_secret_changes(running, *result.configuration, result.plan);
  result.views = make_views(*result.configuration, &running, registry, workers);
  return result;
}

}  // namespace

config::Diagnostic diagnostic_of(const StartError& error) {
  config::Diagnostic diagnostic;
  diagnostic.id = "cannot-apply";
  diagnostic.place = error.place;
  diagnostic.message = error.message;
  return diagnostic;
}

ConfigLoader::ConfigLoader(net::Mailbox& mailbox, observe::Registry& registry, unsigned workers)
    : mailbox_(mailbox), registry_(registry), workers_(workers) {}

ConfigLoader::~ConfigLoader() {
  *alive_ = false;
  if (thread_.joinable()) thread_.join();
}

void ConfigLoader::load(const std::string& file, std::shared_ptr<const Configuration> running, Done done) {
  start(
      [this, file, running = std::move(running)]() -> LoadOutcome {
        auto candidate = read(file, *running);
        if (!candidate) return std::unexpected(std::move(candidate.error()));
        return complete(*std::move(candidate), *running, registry_, workers_);
      },
      std::move(done));
}

void ConfigLoader::restore(std::shared_ptr<const Configuration> before,
                           std::shared_ptr<const Configuration> running, Done done) {
  start(
      [this, before = std::move(before), running = std::move(running)]() -> LoadOutcome {
        LoadedConfiguration result;
        result.plan = config::plan(*running->snapshot, *before->snapshot);
        result.views = make_views(*before, running.get(), registry_, workers_);
        result.configuration = before;
        return result;
      },
      std::move(done));
}

void ConfigLoader::start(std::move_only_function<LoadOutcome()> work, Done done) {
  if (thread_.joinable()) thread_.join();  // it has posted its end
  thread_ = std::thread([this, work = std::move(work), done = std::move(done), alive = alive_]() mutable {
    net::block_signals();
    auto outcome = std::make_shared<LoadOutcome>(work());
    work = nullptr;
    mailbox_.post([done = std::move(done), alive = std::move(alive), outcome] {
      if (*alive) done(std::move(*outcome));
    });
  });
}

}  // namespace weir::server
