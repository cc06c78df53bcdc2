#include "bench/load/run_options.h"

#include <doctest/doctest.h>

#include <functional>

using namespace std::chrono_literals;
using namespace weir::bench;

namespace {

RunOptions options_for(const char* url = "http://127.0.0.1:80/") {
  RunOptions options;
  options.urls = {url};
  return options;
}

std::string error_of(const RunOptions& options) {
  const auto plan = plan_of(options);
  return plan ? "" : plan.error();
}

}  // namespace

TEST_CASE("options become a plan") {
  RunOptions options = options_for();
  options.urls.emplace_back("http://127.0.0.1:80/b");
  options.weights = {3, 1};
  options.duration = "2s";
  options.warmup = "250ms";
  options.rate = "100-200";
  options.body = "16KiB";
  options.headers = {"X-One: 1", "Host: other"};
  const auto plan = plan_of(options);
  REQUIRE(plan.has_value());
  CHECK(plan->urls[0].weight == 3);
  CHECK(plan->urls[1].url.target == "/b");
  CHECK(plan->duration == 2s);
  CHECK(*plan->pace == Pace{100, 200, 250ms, 2s});
  CHECK(plan->method == "POST");
  CHECK(plan->body.size() == 16384);
  CHECK(plan->fields[1] == std::pair<std::string, std::string>("Host", "other"));
}

TEST_CASE("a method that was given stays, with and without a body") {
  RunOptions options = options_for();
  CHECK(plan_of(options)->method == "GET");
  options.method = "PUT";
  CHECK(plan_of(options)->method == "PUT");
  options.body = "1";
  CHECK(plan_of(options)->method == "PUT");
}

TEST_CASE("an option that makes no sense is refused by its name") {
  const struct {
    std::function<void(RunOptions&)> change;
    const char* message;
  } cases[] = {
      {[](RunOptions& o) { o.urls.clear(); }, "a URL is needed"},
      {[](RunOptions& o) { o.urls.emplace_back("http://127.0.0.2/"); },
       "all URLs of a run go to one address"},
      {[](RunOptions& o) { o.urls.emplace_back("ws://127.0.0.1/"); }, "cannot be mixed"},
      {[](RunOptions& o) { o.weights = {1, 2}; }, "--weights: 2 for 1 URLs"},
      {[](RunOptions& o) { o.weights = {0}; }, "--weights: each must be"},
      {[](RunOptions& o) { o.duration = "soon"; }, "--duration: "},
      {[](RunOptions& o) { o.duration = "0s"; }, "--duration: must be longer than 0"},
      {[](RunOptions& o) { o.timeout = "0s"; }, "--timeout: must be longer than 0"},
      {[](RunOptions& o) { o.rate = "fast"; }, "--rate: 'fast' is no rate"},
      {[](RunOptions& o) { o.rate = "0"; }, "--rate: '0' is no rate"},
      {[](RunOptions& o) { o.rate = "10-"; }, "--rate: '10-' is no rate"},
      {[](RunOptions& o) { o.headers = {"NoColon"}; }, "--header: 'NoColon' is not 'Name: value'"},
      {[](RunOptions& o) { o.headers = {"A: b\nC: d"}; }, "has control characters"},
      {[](RunOptions& o) { o.headers = {"Connection: close"}; }, "see --close"},
      {[](RunOptions& o) { o.headers = {"content-length: 1"}; }, "is written by weir-bench itself"},
      {[](RunOptions& o) { o.header_files = {"tests/no-such-file"}; }, "--header-file: cannot read"},
      {[](RunOptions& o) { o.body = "2GiB"; }, "--body: at most 1GiB"},
      {[](RunOptions& o) { o.body = o.body_file = "1"; }, "exclude each other"},
      {[](RunOptions& o) { o.body_file = "tests/no-such-file"; }, "--body-file: cannot read"},
      {[](RunOptions& o) { o.method = "GE T"; }, "--method: 'GE T' is none"},
      {[](RunOptions& o) { o.method = "CONNECT"; }, "--method: CONNECT"},
      {[](RunOptions& o) { o.connections = 0; }, "--connections: "},
      {[](RunOptions& o) { o.threads = 65; }, "--threads: "},
      {[](RunOptions& o) {
         o.urls = {"ws://127.0.0.1/"};
         o.body = "2MiB";
       },
       "at most 1MiB"},
  };
  for (const auto& [change, message] : cases) {
    CAPTURE(message);
    RunOptions options = options_for();
    change(options);
    CHECK(error_of(options).find(message) != std::string::npos);
  }
}

TEST_CASE("URLs of several hosts go to one address that is named") {
  RunOptions options = options_for("http://a.example/");
  options.urls.emplace_back("http://b.example/");
  options.connect = "127.0.0.1:8080";
  CHECK(plan_of(options).has_value());
}
