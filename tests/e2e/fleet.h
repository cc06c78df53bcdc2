#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/bench.h"

// A target group "app" of real processes behind a daemon, and load on it.
namespace weir::e2e {

// Targets that are processes of their own: t0, t1, ... in zones a, a, b, b, c. Each says who it is in the
// field X-Target of its answers.
class Fleet {
 public:
  explicit Fleet(std::size_t targets = 5, const std::vector<std::string>& options = {});

  static std::string id(std::size_t target) { return "t" + std::to_string(target); }
  static const char* zone(std::size_t target);
  std::size_t size() const { return backends_.size(); }
  const std::string& address(std::size_t target) const { return addresses_[target]; }
  void set_weight(std::size_t target, unsigned weight) { weights_[target] = weight; }
  // The items of a group's `targets`.
  std::string yaml() const;

  void signal(std::size_t target, int number) { backends_[target]->process().signal(number); }
  void kill(std::size_t target);
  // At the same address, with other options if need be.
  void bring_back(std::size_t target) { replace(target, options_); }
  void replace(std::size_t target, std::vector<std::string> options);

 private:
  std::vector<std::string> options_;
  std::vector<std::unique_ptr<BenchBackend>> backends_;
  std::vector<std::string> addresses_;
  std::map<std::size_t, unsigned> weights_;
};

// A sanitizer's build is so slow that what is short elsewhere would fail there.
inline constexpr const char* kChecks =
    kSanitized ? "    health_check: { interval: 500ms, fast_interval: 250ms, timeout: 500ms }\n"
                 "    retry: { attempts: 4, when: [connect_failure, reset, timeout, 502, 503, 504] }\n"
                 "    timeouts: { connect: 1s, response: 1500ms }\n"
               : "    health_check: { interval: 200ms, fast_interval: 100ms, timeout: 100ms }\n"
                 "    retry: { attempts: 4, when: [connect_failure, reset, timeout, 502, 503, 504] }\n"
                 "    timeouts: { connect: 300ms, response: 500ms }\n";

// The settings are lines of four spaces.
std::string group_of(const Fleet& fleet, const std::string& settings = kChecks,
                     const std::string& process = "");

// What the admin API tells of each target, by id.
std::map<std::string, Json> targets(const Daemon& weir);
std::string state_of(const Daemon& weir, const std::string& target);
bool becomes(const Daemon& weir, const std::string& target, const std::string& state);
bool all_healthy(const Daemon& weir);

// The metrics as they are now.
class Metrics {
 public:
  explicit Metrics(const Daemon& weir);

  const std::map<std::string, double>& all() const { return series_; }
  // -1 if there is no such series.
  double operator[](const std::string& series) const;
  // Over all series that begin so and have all of the labels, each as name="value".
  double sum(const std::string& name, const std::vector<std::string>& labels = {}) const;

 private:
  std::map<std::string, double> series_;
};

double metric(const Daemon& weir, const std::string& series);
// Responses of the targets of `app` so far, by id.
std::map<std::string, double> answered(const Daemon& weir);
// Those since `before` was taken.
std::map<std::string, double> answered_since(const std::map<std::string, double>& before, const Daemon& weir);
// Each one's part of all of them.
std::map<std::string, double> shares(const std::map<std::string, double>& counts);

// From something that happens to targets until the last request that was sent to one of them. It is known
// when they are out of rotation, and the others have got so many requests since that these would have got
// some, too.
class LastRequest {
 public:
  // From now on.
  LastRequest(const Daemon& weir, std::set<std::string> targets)
      : weir_(weir), targets_(std::move(targets)) {}
  Milliseconds operator()() const;

 private:
  const Daemon& weir_;
  const std::set<std::string> targets_;
  const Stopwatch since_;
};

// Requests at a steady rate until the report is asked for, as `weir-bench run` makes them.
class Load {
 public:
  explicit Load(const Daemon& weir, const std::string& rate = kSanitized ? "100" : "600",
                const std::string& path = "/");
  Json report();
  bool running() { return process_.running(); }

 private:
  Process process_;
};

void check_none_failed(const Json& report);

}  // namespace weir::e2e
