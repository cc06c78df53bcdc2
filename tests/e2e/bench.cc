#include "tests/e2e/bench.h"

#include <doctest/doctest.h>

namespace weir::e2e {
namespace {

std::vector<std::string> with_binary(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{WEIR_BENCH_BINARY};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> backend(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"backend", "--listen", "127.0.0.1:0"});
  return with_binary(arguments);
}

}  // namespace

Finished run_bench(const std::vector<std::string>& arguments) { return run(with_binary(arguments)); }

Json load(std::vector<std::string> arguments, int code) {
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--json", "-"});
  const Finished finished = run_bench(std::move(arguments));
  INFO(finished.err);
  CHECK(finished.code == code);
  Json report = Json::parse(finished.out, nullptr, false);
  REQUIRE(report.is_object());
  return report;
}

BenchBackend::BenchBackend(std::vector<std::string> arguments) : process_({backend(std::move(arguments))}) {
  constexpr std::string_view kSays = "listening on ";
  REQUIRE(eventually([&] { return process_.out().find('\n') != std::string::npos; }));
  const std::string line = process_.out();
  REQUIRE(line.starts_with(kSays));
  address_ = line.substr(kSays.size(), line.find('\n') - kSays.size());
}

}  // namespace weir::e2e
