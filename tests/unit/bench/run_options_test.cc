#include "bench/load/run_options.h"

#include <doctest/doctest.h>

#include <functional>

#include "bench/command_line/header_field.h"

using namespace std::chrono_literals;
using namespace weir::bench;

namespace {

Url url(const char* text) { return *parse_url(text); }

RunOptions options_for(const char* text = "http://127.0.0.1:80/") {
  RunOptions options;
  options.urls = {url(text)};
  return options;
}

std::string error_of(const RunOptions& options) {
  const auto plan = plan_of(options);
  return plan ? "" : plan.error();
}

}  // namespace

TEST_CASE("options become a plan") {
  RunOptions options = options_for();
  options.urls.push_back(url("http://127.0.0.1:80/b"));
  options.weights = {3, 1};
  options.duration = 2s;
  options.warmup = 250ms;
  options.rate = Rate{100, 200};
  options.body = 16384;
  options.fields = {{"X-One", "1"}, {"Host", "other"}};
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
  options.body = 1;
  CHECK(plan_of(options)->method == "PUT");
}

TEST_CASE("a plan has TLS where the URL has") {
  CHECK(plan_of(options_for())->tls == nullptr);
  RunOptions options = options_for("https://127.0.0.1/");
  options.http2 = options.resume = true;
  options.streams = 32;
  const auto plan = plan_of(options);
  REQUIRE(plan.has_value());
  CHECK(plan->tls != nullptr);
  CHECK(plan->http2);
  CHECK(plan->resume);
  CHECK(plan->streams == 32);
}

TEST_CASE("an option that makes no sense is refused by its name") {
  const struct {
    std::function<void(RunOptions&)> change;
    const char* message;
  } cases[] = {
      {[](RunOptions& o) { o.urls.clear(); }, "a URL is needed"},
      {[](RunOptions& o) { o.urls.push_back(url("http://127.0.0.2/")); },
       "all URLs of a run go to one address"},
      {[](RunOptions& o) { o.urls.push_back(url("ws://127.0.0.1/")); }, "cannot be mixed"},
      {[](RunOptions& o) { o.weights = {1, 2}; }, "--weights: 2 for 1 URLs"},
      {[](RunOptions& o) { o.weights = {0}; }, "--weights: each must be"},
      {[](RunOptions& o) { o.duration = 0s; }, "--duration: at least 10ms"},
      {[](RunOptions& o) { o.timeout = 0s; }, "--timeout: must be longer than 0"},
      {[](RunOptions& o) { o.body = (1ULL << 30) + 1; }, "--body: at most 1GiB"},
      {[](RunOptions& o) {
         o.body = 1;
         o.body_file = "x";
       },
       "exclude each other"},
      {[](RunOptions& o) { o.body_file = "tests/no-such-file"; }, "--body-file: cannot read"},
      {[](RunOptions& o) { o.body_file = "tests"; }, "--body-file: cannot read"},
      {[](RunOptions& o) {
         o.urls = {url("ws://127.0.0.1/")};
         o.cookies = true;
       },
       "are not for ws://"},
      {[](RunOptions& o) { o.method = "GE T"; }, "--method: 'GE T' is none"},
      {[](RunOptions& o) { o.method = "CONNECT"; }, "--method: CONNECT"},
      {[](RunOptions& o) { o.connections = 0; }, "--connections: "},
      {[](RunOptions& o) { o.threads = 65; }, "--threads: "},
      {[](RunOptions& o) {
         o.urls = {url("ws://127.0.0.1/")};
         o.body = 2 << 20;
       },
       "at most 1MiB"},
      {[](RunOptions& o) { o.urls.push_back(url("https://127.0.0.1:80/")); },
       "http:// and https:// cannot be mixed"},
      {[](RunOptions& o) { o.streams = 2; }, "--streams needs --http2"},
      {[](RunOptions& o) {
         o.http2 = true;
         o.streams = 0;
       },
       "--streams: from 1 to 1000"},
      {[](RunOptions& o) { o.http2 = o.close = true; }, "--close is not for --http2"},
      {[](RunOptions& o) {
         o.urls = {url("ws://127.0.0.1/")};
         o.http2 = true;
       },
       "--http2 is not for ws://"},
      {[](RunOptions& o) { o.resume = true; }, "--resume is for https:// and wss://"},
  };
  for (const auto& [change, message] : cases) {
    CAPTURE(message);
    RunOptions options = options_for();
    change(options);
    CHECK(error_of(options).find(message) != std::string::npos);
  }
}

TEST_CASE("a rate is a number over 0, or a ramp between two") {
  CHECK(*parse_rate("1000") == Rate{1000, 1000});
  CHECK(*parse_rate("0.5-20") == Rate{0.5, 20});
  for (const char* text : {"", "fast", "0", "-1", "10-", "1-2-3", "1e9", "1 000"}) {
    CAPTURE(text);
    const auto rate = parse_rate(text);
    REQUIRE_FALSE(rate.has_value());
    CHECK(rate.error().find("is no rate") != std::string::npos);
  }
}

TEST_CASE("a header field is read, unless it is none or frames the message") {
  CHECK(*parse_header_field("X-One:  1 ") == std::pair<std::string, std::string>("X-One", "1"));
  CHECK(parse_header_field("X-Empty:")->second.empty());
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"NoColon", "'NoColon' is not 'Name: value'"},
      {": x", "is not 'Name: value'"},
      {"A b: c", "is not 'Name: value'"},
      {"A: b\nC: d", "has control characters"},
      {"Connection: close", "Connection is written by weir-bench itself"},
      {"content-length: 1", "content-length is written by weir-bench itself"},
  };
  for (const auto& [text, why] : cases) {
    CAPTURE(text);
    const auto field = parse_header_field(text);
    REQUIRE_FALSE(field.has_value());
    CHECK(field.error().find(why) != std::string::npos);
  }
}

TEST_CASE("URLs of several hosts go to one address that is named") {
  RunOptions options = options_for("http://a.example/");
  options.urls.push_back(url("http://b.example/"));
  options.connect = "127.0.0.1:8080";
  CHECK(plan_of(options).has_value());
}
