#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/compare/charts.h"
#include "bench/compare/goal.h"
#include "bench/compare/report_text.h"
#include "bench/compare/results.h"
#include "bench/compare/results_json.h"
#include "bench/compare/statistics.h"

namespace weir::bench::compare {
namespace {

Measurement measured(const char* workload, const char* peer, unsigned round, double cpu, double rate = 1000,
                     double p99_9 = 5000) {
  LoadResult load;
  load.requests = 10'000;
  load.requests_per_second = rate;
  load.p50 = 100;
  load.p99 = 1000;
  load.p99_9 = p99_9;
  load.distribution = {{0, 50}, {0.5, 100}, {0.99, 1000}, {1, 6000}};
  load.proxy = ProxyCpu{.user = cpu / 4, .system = cpu * 3 / 4, .busy = 0.99};
  return {.workload = workload, .peer = peer, .round = round, .load = std::move(load), .helpers_busy = 0.8};
}

// Six rounds of weir next to two others, as good as `cpu` says.
std::vector<Measurement> six_rounds(double weir, double haproxy, double nginx) {
  std::vector<Measurement> all;
  for (unsigned round = 0; round < 6; ++round) {
    const double noise = 1 + 0.1 * round;  // of the machine, the same for all
    all.push_back(measured("small", "weir", round, weir * noise, 1000 / weir));
    all.push_back(measured("small", "haproxy", round, haproxy * noise, 1000 / haproxy));
    all.push_back(measured("small", "nginx", round, nginx * noise, 1000 / nginx));
  }
  return all;
}

const Verdict& verdict(const std::vector<Verdict>& all, std::string_view text) {
  for (const Verdict& one : all) {
    if (one.goal->text.find(text) != std::string_view::npos) return one;
  }
  throw std::runtime_error(fmt::format("no goal has '{}'", text));
}

const std::vector<std::string> kRivals{"haproxy", "nginx"};

Results results_of(std::vector<Measurement> measurements) {
  Results results;
  results.started = "2026-11-21 12:00 UTC";
  results.command = "weir-bench compare";
  results.cores = "proxy on core 0";
  results.seconds = 2;
  results.rounds = 6;
  results.workloads = workloads();
  results.peers = {{"weir", "0.1.0", false}, {"haproxy", "2.6", true}, {"nginx", "1.22", true}};
  results.missing = {"envoy"};
  results.measurements = std::move(measurements);
  return results;
}

}  // namespace

TEST_CASE("the median lies in the middle") {
  CHECK(!spread({}));
  CHECK(spread({3}) == Spread{3, 3, 3, 1});
  CHECK(spread({5, 1, 3}) == Spread{3, 1, 5, 3});
  CHECK(spread({4, 1, 3, 2}) == Spread{2.5, 1, 4, 4});
}

TEST_CASE("ratios are taken within a round, so that what slows the machine down is no matter") {
  std::vector<Measurement> all{
      measured("small", "weir", 0, 8),  measured("small", "haproxy", 0, 10),
      measured("small", "weir", 1, 80), measured("small", "haproxy", 1, 100),
      measured("small", "weir", 2, 1),  measured("large", "haproxy", 2, 1),
  };
  const auto pairs = paired(all, "small", "weir", "haproxy", Metric::cpu);
  CHECK(pairs.size() == 2);
  CHECK(ratio(pairs)->median == doctest::Approx(0.8));
  CHECK(ratio(pairs)->least == doctest::Approx(ratio(pairs)->most));
}

TEST_CASE("a measurement that failed, or whose requests did, has no value") {
  Measurement one = measured("small", "weir", 0, 8);
  CHECK(value_of(one, Metric::cpu) == 8);
  one.load->failed = 10;  // one in a thousand
  CHECK(value_of(one, Metric::cpu) == 8);
  one.load->failed = 11;
  CHECK(!value_of(one, Metric::cpu));
  one.behaviour = true;
  CHECK(value_of(one, Metric::cpu) == 8);
  one.problem = "did not start";
  CHECK(!value_of(one, Metric::cpu));
  Measurement idle{.workload = "idle", .peer = "weir", .bytes_per_client = 400};
  CHECK(value_of(idle, Metric::bytes_per_client) == 400);
  CHECK(!value_of(idle, Metric::p99));
}

TEST_CASE("a goal is met or missed next to the best of the others") {
  CHECK(verdict(judge(six_rounds(8, 10, 12), kRivals), "small GET at most 0.80").outcome == Outcome::met);
  const auto missed = judge(six_rounds(8.5, 12, 10), kRivals);
  const Verdict& cpu = verdict(missed, "small GET at most 0.80");
  CHECK(cpu.outcome == Outcome::missed);
  CHECK(cpu.measured == "0.85 of nginx (0.85-0.85, 6 rounds)");
}

TEST_CASE("fewer than six rounds are shown and not judged") {
  auto few = six_rounds(8, 10, 12);
  std::erase_if(few, [](const Measurement& one) { return one.round > 4; });
  const auto all = judge(few, kRivals);
  CHECK(verdict(all, "small GET at most 0.80").outcome == Outcome::not_judged);
  CHECK(verdict(all, "small GET at most 0.80").measured ==
        "0.80 of haproxy (0.80-0.80, 5 rounds); needs 6 rounds");
}

TEST_CASE("requests per second count only where the proxy is the limit") {
  auto all = six_rounds(8, 10, 12);
  CHECK(verdict(judge(all, kRivals), "requests/s").outcome == Outcome::met);
  CHECK(verdict(judge(all, kRivals), "requests/s").measured.starts_with("1.25 of haproxy"));
  for (Measurement& one : all) one.helpers_busy = 0.95;
  const auto idle_proxy = judge(all, kRivals);
  CHECK(verdict(idle_proxy, "requests/s").outcome == Outcome::not_judged);
  CHECK(verdict(idle_proxy, "requests/s").measured ==
        "in no round was the proxy the limit: the load or the target was");
  CHECK(verdict(idle_proxy, "small GET at most 0.80").outcome == Outcome::met);
}

TEST_CASE("p99.9 has to be better in fourteen of twenty rounds") {
  for (const unsigned better : {13U, 14U}) {
    CAPTURE(better);
    std::vector<Measurement> all;
    for (unsigned round = 0; round < 20; ++round) {
      all.push_back(measured("latency", "weir", round, 1, 1000, round < better ? 4000 : 6000));
      all.push_back(measured("latency", "haproxy", round, 1, 1000, 5000));
      all.push_back(measured("latency", "nginx", round, 1, 1000, 9000));
    }
    const auto verdicts = judge(all, kRivals);
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts[0].outcome == (better == 14 ? Outcome::met : Outcome::missed));
    CHECK(verdicts[0].measured == fmt::format("better than haproxy in {} of 20", better));
  }
}

TEST_CASE("layer 4 and a second worker are rivals of their own") {
  std::vector<Measurement> all;
  for (unsigned round = 0; round < 6; ++round) {
    all.push_back(measured("small", "weir", round, 8));
    all.push_back(measured("small", "haproxy-tcp", round, 7));
    all.push_back(measured("workers", "weir", round, 10));
    all.push_back(measured("workers", "weir-2", round, 10.5));
  }
  const auto verdicts = judge(all, {});
  CHECK(verdict(verdicts, "layer 4").outcome == Outcome::missed);
  CHECK(verdict(verdicts, "layer 4").measured.starts_with("1.14 of haproxy-tcp"));
  CHECK(verdict(verdicts, "two workers").outcome == Outcome::met);
  CHECK(verdict(verdicts, "small GET at most 0.80").measured == "nothing to compare with");
}

TEST_CASE("the result of a load is read, and a broken one is explained") {
  const char* const text = R"({"mode":"closed","requests":10,"requests_per_second":5.5,"failed":2,
    "latency_microseconds":{"min":1,"mean":2,"p50":3,"p75":4,"p90":5,"p95":6,"p99":7,"p99_9":8,"p99_99":9,"max":10},
    "distribution":[[0,1],[0.5,3]],"statuses":{"200":5,"404":3,"503":2},"errors":{"connect_refused":2},
    "processes":{"cpu_microseconds_per_request":3,"user_microseconds_per_request":1,
    "system_microseconds_per_request":2,"busy":0.5}})";
  const auto load = parse_load_result(text);
  REQUIRE(load);
  CHECK(load->requests == 10);
  CHECK(load->failed == 5);  // a 404 is no answer that was asked for
  CHECK(load->p99_9 == 8);
  CHECK(load->longest == 10);
  CHECK(load->errors.at("connect_refused") == 2);
  CHECK(load->distribution.size() == 2);
  CHECK(load->proxy->user == 1);
  CHECK(load->proxy->system == 2);
  auto without = nlohmann::json::parse(text);
  without["processes"] = nullptr;
  CHECK(!parse_load_result(without.dump())->proxy);
  CHECK(parse_load_result("{}").error().starts_with("the load's result cannot be read: "));
  CHECK(parse_load_result("").error().starts_with("the load's result cannot be read: "));
}

TEST_CASE("a report has ratios before figures, verdicts, and who is missing") {
  Results results = results_of(six_rounds(8, 10, 12));
  results.measurements.push_back(
      {.workload = "small", .peer = "nginx", .round = 6, .problem = "did not start\n"});
  const std::string text = report_text(results, true);
  INFO(text);
  for (const char* const expected :
       {"| haproxy | 0.80 (0.80-0.80) |", "## small: GET of 128 B, keep-alive",
        "64 connections, closed loop.", "![latency at small](latency-small.svg)", "| not installed   | envoy",
        "* nginx at small was not measured in 1 of 6 rounds: did not start\n"}) {
    CAPTURE(expected);
    CHECK(text.find(expected) != std::string::npos);
  }
  CHECK(text.find("weir /") < text.find("CPU µs/request"));
  CHECK(text.find("## large") == std::string::npos);
  CHECK(report_text(results, false).find(".svg") == std::string::npos);
}

TEST_CASE("the JSON has every round") {
  const auto json = nlohmann::json::parse(results_json(results_of(six_rounds(8, 10, 12))));
  CHECK(json["measurements"].size() == 18);
  CHECK(json["measurements"][0]["round"] == 1);
  CHECK(json["measurements"][0]["load"]["proxy_cpu"]["busy"] == 0.99);
  CHECK(json["goals"][0]["verdict"] == "met");
  CHECK(json["peers"][1]["name"] == "haproxy");
}

TEST_CASE("charts are made of what was measured") {
  const auto files = charts(results_of(six_rounds(8, 10, 12)));
  CHECK(files.size() == 2);
  CHECK(files.at("cpu.svg").find("nginx") != std::string::npos);
  CHECK(files.at("latency-small.svg").find("haproxy") != std::string::npos);
  CHECK(charts(results_of({})).empty());
}

TEST_CASE("latencies between two points of a curve grow evenly with the nines") {
  const Distribution curve{{0, 10}, {0.9, 20}, {0.99, 40}};
  CHECK(latency_at(curve, 0) == 10);
  CHECK(*latency_at(curve, 0.9) == doctest::Approx(20));
  CHECK(*latency_at(curve, 1 - 0.0316228) == doctest::Approx(30).epsilon(0.001));
  CHECK(!latency_at(curve, 0.999));
  CHECK(!latency_at({}, 0));
  CHECK(median_distribution({}).empty());
  CHECK(median_distribution({curve, {{0, 30}, {0.99, 30}}, {{0, 12}, {0.99, 12}}}).front().second == 12);
}

}  // namespace weir::bench::compare
