#include "bench/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <system_error>

#include "bench/compare/charts.h"
#include "bench/compare/installed.h"
#include "bench/compare/report_text.h"
#include "bench/compare/results_json.h"
#include "bench/compare/runner.h"
#include "bench/compare/schedule.h"
#include "bench/measure/interruption.h"

namespace weir::bench::compare {
namespace {

bool is_rival(const Peer& peer) { return peer.role == Role::proxy; }

void leave_out_broken(Settings& settings, Scratch& scratch, Runner& runner, Results& results) {
  std::erase_if(settings.peers, [&](const InstalledPeer& installed) {
    if (interrupted()) return false;
    const auto serves = runner.try_out(installed);
    if (!serves) {
      results.notes.push_back(fmt::format("{} is left out: {}", installed.peer.name, serves.error()));
      fmt::print(stderr, "{}\n", results.notes.back());
    }
    return !serves;
  });
  for (const InstalledPeer& installed : settings.peers) {
    results.peers.push_back({.name = std::string(installed.peer.name),
                             .version = version_of(installed.peer, installed.program, scratch),
                             .rival = is_rival(installed.peer)});
  }
}

void measure_round(const Settings& settings, Runner& runner, unsigned round, Results& results) {
  for (const Workload& workload : settings.workloads) {
    std::vector<const InstalledPeer*> taking_part;
    for (const InstalledPeer& installed : settings.peers) {
      if (takes_part(installed.peer, workload)) taking_part.push_back(&installed);
    }
    for (const InstalledPeer* installed : rotated(std::move(taking_part), round)) {
      if (interrupted()) return;
      fmt::print(stderr, "round {} of {}: {} at {}\n", round + 1, settings.rounds, installed->peer.name,
                 workload.name);
      Measurement measurement = runner.measure(workload, *installed, round);
      if (!measurement.problem.empty()) fmt::print(stderr, "  {}\n", measurement.problem);
      if (!interrupted()) results.measurements.push_back(std::move(measurement));
    }
  }
}

}  // namespace

std::expected<void, std::string> run_comparison(Settings& settings, Scratch& scratch, Results& results) {
  Runner runner(settings, scratch);
  leave_out_broken(settings, scratch, runner, results);
  if (std::ranges::none_of(settings.peers,
                           [](const InstalledPeer& one) { return one.peer.role == Role::weir; })) {
    return std::unexpected(std::string("weir does not serve: there is nothing to compare with"));
  }
  for (unsigned round = 0; round < settings.rounds && !interrupted(); ++round) {
    measure_round(settings, runner, round, results);
  }
  if (interrupted()) results.notes.emplace_back("it was interrupted: the last round is not complete");
  return {};
}

std::expected<void, std::string> write_report(const Results& results,
                                              const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return std::unexpected(fmt::format("{}: {}", directory.string(), error.message()));
  auto files = charts(results);
  files["report.md"] = report_text(results, true);
  files["results.json"] = results_json(results);
  for (const auto& [name, text] : files) {
    if (const auto written = write_file(directory / name, text); !written) return written;
  }
  return {};
}

}  // namespace weir::bench::compare
