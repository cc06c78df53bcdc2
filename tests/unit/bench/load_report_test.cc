#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "bench/load/plot.h"
#include "bench/load/progress.h"
#include "bench/load/report.h"
#include "bench/load/verdict.h"

using namespace std::chrono_literals;
using namespace weir;
using namespace weir::bench;

namespace {

LoadPlan plan() {
  LoadPlan plan;
  plan.urls = {{{false, false, "127.0.0.1:80", "127.0.0.1:80", "/"}, 1}};
  plan.duration = 2s;
  return plan;
}

// 100 answers of 1 ms to 100 ms in two seconds, some trouble, and half a core for each side.
Outcome outcome() {
  Outcome outcome;
  outcome.measured = 2s;
  outcome.own = {200ms, 800ms};
  outcome.target = ProcessCpu::Times{400ms, 600ms};
  outcome.busiest_thread = 0.5;
  outcome.cores = 2;
  outcome.machine_busy = 0.5;
  for (int i = 1; i <= 100; ++i) outcome.tally.latencies.record(std::chrono::milliseconds(i));
  outcome.tally.answered = outcome.tally.ended = 100;
  outcome.tally.statuses[200] = 98;
  outcome.tally.statuses[503] = 2;
  outcome.tally.failures[static_cast<std::size_t>(wire::Reason::connect_refused)] = 3;
  outcome.tally.bytes_received = 4096;
  return outcome;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the report tells what was done, how long it took, what failed and who was busy") {
  const std::string text = report_text(plan(), outcome());
  CAPTURE(text);
  CHECK(has(
      text,
      "http://127.0.0.1:80/, 64 connections, 1 thread, 2 s after 1 s of warm-up, as fast as answers come"));
  CHECK(has(text, "100 requests, 50 requests/s, 2.0 KiB/s received"));
  CHECK(has(text, "  p50         50.1 ms"));
  CHECK(has(text, "  max          100 ms"));
  CHECK(has(text, "status 503                        2"));
  CHECK(has(text, "failed: 5\n  connect_refused                   3"));
  CHECK(has(text, "target: 10000.0 µs of CPU a request (4000.0 user, 6000.0 system), 50 % of a core"));
  CHECK(has(text, "no bottleneck was seen"));
}

TEST_CASE("the report tells of HTTP/2 and TLS") {
  LoadPlan shared = plan();
  shared.urls[0].url.secure = true;
  shared.http2 = true;
  shared.connections = 8;
  shared.streams = 32;
  CHECK(has(report_text(shared, outcome()),
            "https://127.0.0.1:80/, 8 connections of HTTP/2 with 32 streams each, 1 thread"));
  const auto json = report_json(shared, outcome());
  CHECK(json["protocol"] == "h2");
  CHECK(json["streams"] == 32);
  CHECK(report_json(plan(), outcome())["protocol"] == "http/1.1");
}

TEST_CASE("an open loop's report says that its latencies count from the due time, and what waited") {
  LoadPlan open = plan();
  open.pace = Pace{50, 100, 1s, 2s};
  Outcome late = outcome();
  late.tally.delayed = 7;
  late.tally.unanswered = 1;
  late.tally.oldest = 3s;
  const std::string text = report_text(open, late);
  CAPTURE(text);
  CHECK(has(text, "50 to 100 requests/s"));
  CHECK(has(text, "latency, from when each request was due"));
  CHECK(has(text, "unanswered                        1"));
  CHECK(has(text, "7 requests were due while all 64 connections were in use, and waited"));
  CHECK(has(text, "the oldest request without an answer had waited 3.00 s"));
}

TEST_CASE("the JSON report has the same figures for programs") {
  const auto json = report_json(plan(), outcome());
  CHECK(json["mode"] == "closed");
  CHECK(json["rate"].is_null());
  CHECK(json["requests"] == 100);
  CHECK(json["requests_per_second"] == 50);
  CHECK(json["statuses"]["503"] == 2);
  CHECK(json["errors"]["connect_refused"] == 3);
  CHECK(json["failed"] == 5);
  CHECK(json["latency_microseconds"]["p99_9"].get<double>() == doctest::Approx(100'000).epsilon(0.01));
  CHECK(json["processes"]["cpu_microseconds_per_request"] == 10'000);
  CHECK(json["processes"]["busy"] == 0.5);
  CHECK(json["limited_by"] == "unknown");
  const auto& points = json["distribution"];
  CHECK(points.front()[0] == 0);
  CHECK(points.back()[0] == 1);
  CHECK(points.back()[1] == 100'000);
}

TEST_CASE("the plot is a curve of the latencies, if there are any") {
  const std::string svg = plot_svg(plan(), outcome());
  CAPTURE(svg);
  CHECK(svg.starts_with("<svg"));
  CHECK(has(svg, "http://127.0.0.1:80/"));
  CHECK(has(svg, "64 connections, 1 thread"));
  CHECK(has(svg, ">96.5 ms<"));  // of 96 %: the last four requests say nothing
  CHECK(plot_svg(plan(), {}).empty());
}

TEST_CASE("a report of nothing has figures too") {
  Outcome nothing;
  nothing.measured = 2s;
  const auto json = report_json(plan(), nothing);
  CHECK(json["requests"] == 0);
  CHECK(json["latency_microseconds"]["max"] == 0);
  CHECK(json["processes"].is_null());
}

TEST_CASE("what was busy is what limited the run, the load generator first") {
  LoadPlan open = plan();
  open.pace = Pace{50, 50, 0s, 0s};
  Outcome clean = outcome();
  clean.tally.failures = {};
  clean.tally.statuses[503] = 0;
  CHECK(limit_of(clean, plan()) == Limit::unknown);
  CHECK(limit_of(clean, open) == Limit::rate);
  Outcome with_errors = clean;
  with_errors.tally.statuses[503] = 50;  // answers all the same
  CHECK(limit_of(with_errors, open) == Limit::rate);

  Outcome delayed = clean;
  delayed.tally.delayed = 2;
  CHECK(limit_of(delayed, open) == Limit::connections);
  CHECK(limit_of(delayed, plan()) == Limit::unknown);

  Outcome all_busy = clean;
  all_busy.machine_busy = 0.99;
  CHECK(limit_of(all_busy, plan()) == Limit::machine);
  all_busy.own = {100ms, 100ms};
  all_busy.target = ProcessCpu::Times{400ms, 600ms};
  CHECK(limit_of(all_busy, plan()) == Limit::others);
  all_busy.target = ProcessCpu::Times{1s, 900ms};
  CHECK(limit_of(all_busy, plan()) == Limit::target);
  all_busy.busiest_thread = 0.99;
  CHECK(limit_of(all_busy, plan()) == Limit::load);
}

TEST_CASE("the progress bar shows the part and the rate") {
  CHECK(progress_line(0.5, 1234.4) == "[####################                    ]  50 %  1234 requests/s");
}
