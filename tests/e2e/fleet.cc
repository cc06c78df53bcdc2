#include "tests/e2e/fleet.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace weir::e2e {
namespace {

std::vector<std::string> named(std::size_t target, std::vector<std::string> options) {
  options.insert(options.end(), {"--header", "X-Target: " + Fleet::id(target)});
  return options;
}

double total(const std::map<std::string, double>& counts) {
  double sum = 0;
  for (const auto& [target, count] : counts) sum += count;
  return sum;
}

// Requests that were begun at one of the targets: those that are over, and those under way.
double sent_to(const Metrics& metrics, const std::set<std::string>& targets) {
  double sum = 0;
  for (const std::string& target : targets) {
    const std::vector<std::string> label{fmt::format("target=\"{}\"", target)};
    for (const char* const family : {"weir_target_requests_total", "weir_target_connection_errors_total",
                                     "weir_target_outstanding_requests"}) {
      sum += metrics.sum(family, label);
    }
  }
  return sum;
}

}  // namespace

Fleet::Fleet(std::size_t targets, const std::vector<std::string>& options) : options_(options) {
  for (std::size_t i = 0; i < targets; ++i) {
    backends_.push_back(std::make_unique<BenchBackend>(named(i, options)));
    addresses_.push_back(backends_.back()->address());
  }
}

const char* Fleet::zone(std::size_t target) {
  constexpr const char* kZones[] = {"a", "a", "b", "b", "c"};
  return kZones[target % 5];
}

std::string Fleet::yaml() const {
  std::string yaml;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const auto weight = weights_.find(i);
    yaml += fmt::format("      - {{ address: \"{}\", zone: {}, id: {}, weight: {} }}\n", addresses_[i],
                        zone(i), id(i), weight == weights_.end() ? 1 : weight->second);
  }
  return yaml;
}

void Fleet::kill(std::size_t target) {
  signal(target, SIGKILL);
  backends_[target]->process().wait();
}

void Fleet::replace(std::size_t target, std::vector<std::string> options) {
  if (backends_[target]->process().running()) kill(target);
  options.insert(options.end(), {"--listen", addresses_[target]});
  backends_[target] = std::make_unique<BenchBackend>(named(target, std::move(options)));
}

std::string group_of(const Fleet& fleet, const std::string& settings, const std::string& process) {
  return "process: { workers: 2, state_dir: \"{dir}/state\"" + process +
         " }\n"
         "log: { access: { output: off } }\n"
         "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
         "target_groups:\n  app:\n" +
         settings + "    targets:\n" + fleet.yaml();
}

std::map<std::string, Json> targets(const Daemon& weir) {
  const Json answer = Json::parse(weir.admin("/api/v1/targets?group=app").body);
  std::map<std::string, Json> result;
  for (const Json& target : answer["target_groups"][0]["targets"]) result[target["id"]] = target;
  return result;
}

std::string state_of(const Daemon& weir, const std::string& target) {
  return targets(weir)[target].value("state", "gone");
}

bool becomes(const Daemon& weir, const std::string& target, const std::string& state) {
  return eventually([&] { return state_of(weir, target) == state; });
}

bool all_healthy(const Daemon& weir) {
  return eventually([&] {
    const auto all = targets(weir);
    return !all.empty() &&
           std::ranges::all_of(all, [](const auto& one) { return one.second["state"] == "healthy"; });
  });
}

Metrics::Metrics(const Daemon& weir) {
  for (const std::string& line : lines_of(weir.admin("/metrics").body)) {
    const std::size_t space = line.rfind(' ');
    if (!line.starts_with('#') && space != std::string::npos)
      series_[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
}

double Metrics::operator[](const std::string& series) const {
  const auto found = series_.find(series);
  return found == series_.end() ? -1 : found->second;
}

double Metrics::sum(const std::string& name, const std::vector<std::string>& labels) const {
  double sum = 0;
  for (const auto& [series, value] : series_) {
    const bool has_all = std::ranges::all_of(
        labels, [&](const std::string& label) { return series.find(label) != std::string::npos; });
    if (series.substr(0, series.find('{')) == name && has_all) sum += value;
  }
  return sum;
}

double metric(const Daemon& weir, const std::string& series) { return Metrics(weir)[series]; }

std::map<std::string, double> answered(const Daemon& weir) {
  const Metrics metrics(weir);
  std::map<std::string, double> counts;
  for (const auto& [id, target] : targets(weir))
    counts[id] = metrics.sum("weir_target_requests_total", {fmt::format("target=\"{}\"", id)});
  return counts;
}

std::map<std::string, double> answered_since(const std::map<std::string, double>& before,
                                             const Daemon& weir) {
  auto counts = answered(weir);
  for (auto& [id, count] : counts) {
    if (const auto found = before.find(id); found != before.end()) count -= found->second;
  }
  return counts;
}

std::map<std::string, double> shares(const std::map<std::string, double>& counts) {
  const double all = total(counts);
  REQUIRE(all > 0);
  auto result = counts;
  for (auto& [id, share] : result) share /= all;
  return result;
}

Milliseconds LastRequest::operator()() const {
  constexpr double kEnough = 100;
  std::set<std::string> others;
  for (const auto& [id, target] : targets(weir_)) {
    if (!targets_.contains(id)) others.insert(id);
  }
  double most = -1, others_then = 0;
  Milliseconds last{0};
  CHECK(eventually([&] {
    const Metrics metrics(weir_);
    const Milliseconds now = since_.elapsed();
    const double to_others = sent_to(metrics, others);
    const double sent = sent_to(metrics, targets_);
    const bool in_rotation = std::ranges::any_of(targets(weir_), [&](const auto& one) {
      return targets_.contains(one.first) && one.second["state"] == "healthy";
    });
    if (sent > most) last = now;
    if (sent > most || in_rotation) others_then = to_others;
    most = std::max(most, sent);
    return to_others - others_then >= kEnough;
  }));
  return last;
}

Load::Load(const Daemon& weir, const std::string& rate, const std::string& path)
    : process_({.arguments = {WEIR_BENCH_BINARY, "run", "http://" + weir.address() + path, "-c", "32", "-d",
                              "10m", "--warmup", "0s", "--rate", rate, "--json", "-"}}) {}

Json Load::report() {
  process_.signal(SIGINT);
  process_.wait();
  Json report = Json::parse(process_.out());
  // What is under way when it ends has not failed yet.
  if (report["oldest_microseconds"] < 5'000'000) report["errors"].erase("unanswered");
  return report;
}

void check_none_failed(const Json& report) {
  INFO(report.dump(2));
  CHECK(report["errors"].empty());
  REQUIRE(report["statuses"].size() == 1);
  CHECK(report["statuses"].begin().key() == "200");
}

}  // namespace weir::e2e
