#include "bench/compare/report_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "bench/compare/charts.h"
#include "bench/compare/text_table.h"
#include "bench/compare/workload_table.h"
#include "lb/base/text.h"

namespace weir::bench::compare {
namespace {

constexpr double kMebi = 1 << 20;

std::string heading(const Results& results) {
  return fmt::format(
      "# weir next to other load balancers\n\n"
      "{}; {} of {:g} s each; {}; one worker each.\n\n"
      "Ratios are taken pair by pair within a round, and the median over the rounds is quoted, with the "
      "range. CPU and\n"
      "latencies of weir are the better the further its ratio is below 1, requests/s the further it is "
      "above.\n\n",
      results.started, results.rounds == 1 ? "1 round" : fmt::format("{} rounds", results.rounds),
      results.seconds, results.cores);
}

std::string goals_text(const Results& results) {
  TextTable table({"goal", "weir", "verdict"});
  table.align_left(1);
  table.align_left(2);
  for (const Verdict& verdict : verdicts(results)) {
    table.add({std::string(verdict.goal->text), verdict.measured, std::string(to_string(verdict.outcome))});
  }
  return table.empty() ? "" : "## Goals\n\n" + table.to_string() + "\n";
}

std::string pace_text(const Workload& workload, const Results& results) {
  switch (workload.pace) {
    case Pace::closed: return "closed loop";
    case Pace::idle: return "each has made one GET";
    case Pace::fixed_rate: return fmt::format("open loop at {:.0f} requests/s", workload.rate);
    case Pace::share_of_most: break;
  }
  const auto one = std::ranges::find_if(results.measurements, [&](const Measurement& measurement) {
    return measurement.workload == workload.name && measurement.rate;
  });
  return one == results.measurements.end() ? std::string("open loop")
                                           : fmt::format("open loop at {:.0f} requests/s", *one->rate);
}

std::string machine_text(const Results& results) {
  const Machine& machine = results.machine;
  TextTable table({"machine", ""});
  table.align_left(1);
  table.add({"processor", fmt::format("{}, {} cores{}", machine.cpu, machine.cores,
                                      machine.virtual_machine ? ", a virtual machine" : "")});
  table.add({"memory", fmt::format("{:.0f} MiB", static_cast<double>(machine.memory) / kMebi)});
  table.add({"kernel", machine.kernel});
  table.add({"kernel's TLS", machine.kernel_tls ? "there, and unused" : "none: kTLS is left out"});
  table.add({"flaws mitigated", fmt::format("{}", fmt::join(machine.mitigated, ", "))});
  table.add({"flaws left open", fmt::format("{}", fmt::join(machine.vulnerable, ", "))});
  table.add({"compiler", machine.compiler});
  for (const MeasuredPeer& peer : results.peers) table.add({peer.name, peer.version});
  if (!results.missing.empty()) {
    table.add({"not installed", fmt::format("{}", fmt::join(results.missing, ", "))});
  }
  return "## Machine\n\n" + table.to_string() + "\n";
}

// The first problem of each peer at each workload, and how often it had one.
std::string problems_text(const Results& results) {
  struct Trouble {
    const Measurement* first = nullptr;
    unsigned count = 0;
  };
  std::map<std::pair<std::string, std::string>, Trouble> troubles;
  for (const Measurement& one : results.measurements) {
    if (one.problem.empty()) continue;
    Trouble& trouble = troubles[{one.workload, one.peer}];
    if (trouble.count++ == 0) trouble.first = &one;
  }
  std::string text;
  for (const auto& [where, trouble] : troubles) {
    text += fmt::format("* {} at {} was not measured in {} of {} rounds: {}\n", where.second, where.first,
                        trouble.count, results.rounds, base::trim(trouble.first->problem));
  }
  return text;
}

std::string notes_text(const Results& results) {
  std::string text;
  for (const std::string& note : results.notes) text += fmt::format("* {}\n", note);
  text += problems_text(results);
  return text.empty() ? text : "## Notes\n\n" + text + "\n";
}

std::string repeat_text(const Results& results) {
  return fmt::format(
      "## How to repeat it\n\n"
      "    packaging/dependencies.sh build bench\n"
      "    cmake --preset release && cmake --build --preset release\n"
      "    {}\n\n"
      "How each peer is configured, and why, is in bench/peers/README.md. On a machine that does other work, "
      "too,\n"
      "absolute figures are worth little; ratios hold to a few percent from six rounds on.\n",
      results.command);
}

}  // namespace

std::string workload_text(const Results& results, const Workload& workload) {
  return fmt::format("## {}: {}\n\n{} connections, {}.\n\n", workload.name, workload.title,
                     workload.connections, pace_text(workload, results)) +
         workload_tables(results, workload);
}

std::string report_text(const Results& results, bool with_charts) {
  std::string text = heading(results) + goals_text(results);
  if (with_charts) text += "![CPU per request](cpu.svg)\n\n";
  for (const Workload& workload : results.workloads) {
    if (peers_at(results, workload).empty()) continue;
    text += workload_text(results, workload);
    if (with_charts && has_latencies(results, workload)) {
      text += fmt::format("![latency at {}]({})\n\n", workload.name, latency_chart_file(workload));
    }
  }
  return text + notes_text(results) + machine_text(results) + repeat_text(results);
}

}  // namespace weir::bench::compare
