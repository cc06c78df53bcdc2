#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>

#include "bench/command.h"
#include "bench/compare/comparison.h"
#include "bench/compare/installed.h"
#include "bench/compare/report_text.h"
#include "bench/measure/descriptors.h"
#include "bench/measure/interruption.h"

namespace weir::bench::compare {
namespace {

constexpr int kFailure = 1, kUsage = 2, kInterrupted = 130;

struct Options {
  std::string peers = "all";
  std::string workloads = "all";
  unsigned rounds = 6;
  double seconds = 2;
  bool quick = false;
  std::string report;
  std::string weir;
  std::string cores;
  std::string templates = peers_directory();
  std::string load;
};

using Problem = std::unexpected<std::string>;

// The idle clients are ours, and they are load.
void stay_on(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

std::expected<void, std::string> choose_installed(const Options& options, Settings& settings,
                                                  Results& results) {
  const auto chosen = choose_peers(options.peers);
  if (!chosen) return Problem(chosen.error());
  const auto weir = options.weir.empty() ? find_weir() : std::filesystem::path(options.weir);
  if (!weir || !std::filesystem::exists(*weir)) {
    return Problem("there is no weir beside weir-bench nor in PATH: say --weir PATH");
  }
  for (const Peer& peer : *chosen) {
    const bool ours = peer.role == Role::weir || peer.role == Role::weir_with_two_workers;
    const auto program = ours ? weir : find_program(peer.program);
    if (program) {
      settings.peers.push_back({peer, std::filesystem::absolute(*program)});
    } else {
      results.missing.emplace_back(peer.name);
    }
  }
  return {};
}

// Nobody is started who has nothing to do.
void leave_out_idlers(Settings& settings) {
  std::erase_if(settings.peers, [&](const InstalledPeer& installed) {
    return std::ranges::none_of(
        settings.workloads, [&](const Workload& workload) { return takes_part(installed.peer, workload); });
  });
}

void fit_connections(Settings& settings, Results& results) {
  const std::uint64_t limit = raise_descriptor_limit();
  for (Workload& workload : settings.workloads) {
    const unsigned fitting = fitting_connections(workload.connections, limit);
    if (fitting == workload.connections) continue;
    results.notes.push_back(
        fmt::format("{} has {} connections instead of {}: no more fit under the limit of {} open "
                    "files",
                    workload.name, fitting, workload.connections, limit));
    workload.connections = fitting;
  }
}

void note_shared_core(const Settings& settings, Results& results) {
  const auto has_two = [](const InstalledPeer& one) { return one.peer.role == Role::weir_with_two_workers; };
  if (settings.cores.second_worker == settings.cores.proxy && std::ranges::any_of(settings.peers, has_two)) {
    results.notes.push_back(
        fmt::format("both workers of weir-2 run on core {}: a core of its own for the second needs "
                    "four cores",
                    settings.cores.proxy));
  }
}

std::expected<Settings, std::string> make_settings(const Options& options, Results& results) {
  Settings settings;
  const auto workloads = choose_workloads(options.workloads);
  if (!workloads) return Problem(workloads.error());
  settings.workloads = *workloads;
  const auto available = available_cores();
  const auto cores = options.cores.empty() ? assign_cores(available) : parse_cores(options.cores, available);
  if (!cores) return Problem("--cores: " + cores.error());
  settings.cores = *cores;
  settings.rounds = options.rounds;
  settings.duration = std::chrono::milliseconds(static_cast<std::int64_t>(options.seconds * 1000));
  if (options.quick) settings.warmup = std::chrono::milliseconds(200);
  settings.templates = options.templates;
  settings.load = options.load.empty() ? self() : std::filesystem::absolute(options.load);
  if (const auto chosen = choose_installed(options, settings, results); !chosen)
    return Problem(chosen.error());
  leave_out_idlers(settings);
  fit_connections(settings, results);
  note_shared_core(settings, results);
  return settings;
}

std::string command_line(const Options& options) {
  std::string text = fmt::format("build/release/weir-bench compare --peers {} --workload {}", options.peers,
                                 options.workloads);
  text += options.quick ? " --quick"
                        : fmt::format(" --rounds {} --seconds {:g}", options.rounds, options.seconds);
  if (!options.cores.empty()) text += " --cores " + options.cores;
  return text + " --report DIR";
}

void describe_run(const Options& options, const Settings& settings, Results& results) {
  results.machine = this_machine();
  results.started = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
  results.command = command_line(options);
  results.cores = describe(settings.cores);
  results.seconds = options.seconds;
  results.rounds = settings.rounds;
  results.workloads = settings.workloads;
}

int fail(std::string_view problem, int code) {
  fmt::print(stderr, "weir-bench: {}\n", problem);
  return code;
}

int run(Options options) {
  if (options.quick) {
    options.rounds = std::min(options.rounds, 2U);
    options.seconds = std::min(options.seconds, 0.7);
  }
  Results results;
  auto settings = make_settings(options, results);
  if (!settings) return fail(settings.error(), kUsage);
  const auto scratch = Scratch::make();
  if (!scratch) return fail(scratch.error(), kFailure);
  describe_run(options, *settings, results);
  if (!options.report.empty()) {
    // Before the rounds: nobody wants to learn after them that the report cannot be written.
    if (const auto written = write_report(results, options.report); !written)
      return fail(written.error(), kUsage);
  }
  if (!results.missing.empty()) {
    fmt::print(stderr, "not installed, left out: {}\n", fmt::join(results.missing, ", "));
  }
  expect_interruption();
  // OpenSSL writes to sockets whose proxy may be gone. What is started inherits no handler, but would
  // SIG_IGN.
  std::signal(SIGPIPE, [](int) {});
  stay_on(settings->cores.load);
  if (const auto compared = run_comparison(*settings, **scratch, results); !compared)
    return fail(compared.error(), kFailure);
  fmt::print("{}", report_text(results, false));
  if (!options.report.empty()) {
    if (const auto written = write_report(results, options.report); !written)
      return fail(written.error(), kFailure);
  }
  return interrupted() ? kInterrupted : 0;
}

void add_options(CLI::App& command, Options& options) {
  command.add_option("--peers", options.peers, "Beside weir: haproxy, nginx, ... or all")
      ->capture_default_str();
  command
      .add_option("--workload", options.workloads,
                  "small, large, post, rules, close, ..., slow-target, dying-target, lost-zone or all")
      ->capture_default_str();
  command.add_option("--rounds", options.rounds, "Each measures everything once")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command.add_option("--seconds", options.seconds, "Of each measurement, after half a second of warming up")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  command.add_option("--report", options.report,
                     "Write report.md, results.json and charts into this directory");
  command.add_flag("--quick", options.quick,
                   "Two rounds of 0.7 s, after 0.2 s of warming up: minutes instead of half an hour, and too "
                   "few for most verdicts");
  command.add_option("--weir", options.weir,
                     "The weir to measure; else the one beside weir-bench, or in PATH");
  command.add_option("--cores", options.cores,
                     "Of proxy, load and targets, such as 0,1,2; targets may share the load's");
  command.add_option("--peers-dir", options.templates, "The peers' configurations")->capture_default_str();
  command.add_option("--load-program", options.load, "Another weir-bench for load and targets")->group("");
}

}  // namespace
}  // namespace weir::bench::compare

namespace weir::bench {

void add_compare_command(CLI::App& app, Run& chosen) {
  CLI::App* const command = app.add_subcommand("compare", "Measure weir next to other load balancers");
  command->footer(
      "Example: weir-bench compare --peers haproxy,nginx --workload small,large --report report\n"
      "Peers that are not installed are left out. Ratios are taken within a round, and their median is what "
      "counts.");
  auto options = std::make_shared<compare::Options>();
  compare::add_options(*command, *options);
  command->callback([&chosen, options] { chosen = [options] { return compare::run(*options); }; });
}

}  // namespace weir::bench
