#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace weir::bench {

TEST_CASE("the parts that are measured have names by which they are chosen") {
  const test::Finished listed = test::run({WEIR_BENCH_BINARY, "micro", "--list"});
  CHECK(listed.code == 0);
  for (const std::string_view name :
       {"parse/request/small\n", "parse/response/typical\n", "forward/request/large\n",
        "write/request/typical\n", "route/match/exact/10\n", "pick/round_robin/10\n",
        "pick/round_robin/100000\n", "count/request\n", "time/deadline_set/1000\n", "stick/request\n"}) {
    CAPTURE(name);
    CHECK(listed.out.find(name) != std::string::npos);
  }
}

TEST_CASE("the figures of those that match are printed, and written as JSON") {
  const test::TemporaryDirectory directory;
  const std::string file = directory.path("micro.json");
  const test::Finished finished =
      test::run({WEIR_BENCH_BINARY, "micro", "--filter", "^(pick/round_robin|time/date|parse)", "--min-time",
                 "0.0001", "--json", file});
  CHECK(finished.code == 0);
  CHECK(finished.out.find("pick/round_robin/10000 ") != std::string::npos);
  CHECK(finished.out.find("write/") == std::string::npos);
  const auto json = nlohmann::json::parse(test::read_file(file));
  REQUIRE(json["benchmarks"].size() == 10);
  for (const auto& benchmark : json["benchmarks"]) {
    CHECK(!benchmark.contains("error_occurred"));
    CHECK(benchmark["cpu_time"].get<double>() > 0);
    CHECK(benchmark["items_per_second"].get<double>() > 0);
    CHECK(benchmark["time_unit"] == "ns");
  }
}

TEST_CASE("a filter that matches nothing, and figures that cannot be written, are errors") {
  CHECK(test::run({WEIR_BENCH_BINARY, "micro", "--filter", "no such thing"}).code == 1);
  CHECK(test::run({WEIR_BENCH_BINARY, "micro", "--filter", "time/date", "--json", "/no/such/file"}).code ==
        1);
  CHECK(test::run({WEIR_BENCH_BINARY, "micro", "--min-time", "x"}).code == 2);
}

}  // namespace weir::bench
