#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/command.h"
#include "bench/micro/subjects.h"

namespace weir::bench {
namespace {

struct MicroOptions {
  std::string filter = ".";
  std::string json;
  double min_time = 0.5;
  bool list = false;
};

std::vector<std::string> arguments_of(const MicroOptions& options) {
  std::vector<std::string> arguments{"weir-bench", "--benchmark_filter=" + options.filter,
                                     fmt::format("--benchmark_min_time={}", options.min_time)};
  if (options.list) arguments.emplace_back("--benchmark_list_tests");
  if (!options.json.empty()) {
    arguments.push_back("--benchmark_out=" + options.json);
    arguments.emplace_back("--benchmark_out_format=json");
  }
  return arguments;
}

int run(const MicroOptions& options) {
  std::vector<std::string> arguments = arguments_of(options);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  pointers.push_back(nullptr);
  micro::add_subjects();
  benchmark::Initialize(&count, pointers.data());
  const bool any = benchmark::RunSpecifiedBenchmarks() != 0;
  benchmark::Shutdown();
  return any ? 0 : 1;
}

}  // namespace

namespace micro {

void add_subjects() {
  add_parse();
  add_forward();
  add_write();
  add_route();
  add_pick();
  add_count();
  add_time();
  add_stick();
  add_scrape();
}

}  // namespace micro

void add_micro_command(CLI::App& app, Run& chosen) {
  CLI::App* const sub = app.add_subcommand("micro", "Measure the parts of the forwarding path one by one");
  const auto options = std::make_shared<MicroOptions>();
  sub->add_option("--filter", options->filter,
                  "Those whose names match this regular expression; a leading - "
                  "means all others")
      ->type_name("REGEX");
  sub->add_option("--json", options->json, "Write the figures to this file too")->type_name("FILE");
  sub->add_option("--min-time", options->min_time, "How long each is measured at least")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->check(CLI::Range(0.0001, 3600.0));
  sub->add_flag("--list", options->list, "Only say their names");
  sub->footer(
      "A name that ends in a number says how many rules, targets or connections there were. Sticky "
      "cookies\n"
      "are measured once weir has them.\n"
      "Example: weir-bench micro --filter 'pick|parse' --json micro.json");
  sub->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace weir::bench
