#include "bench/compare/load_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>

#include "bench/compare/child.h"
#include "bench/measure/core_idle.h"
#include "bench/measure/interruption.h"

namespace weir::bench::compare {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kGrace = std::chrono::seconds(30);  // for connecting, and for the last answers

// How busy the cores of load and targets are in the middle of the measurement.
class Helpers {
 public:
  explicit Helpers(const Cores& cores) : cores_{cores.load, cores.target} {}

  void begin() { before_ = read(); }
  void end() { after_ = read(); }
  std::optional<double> busier() const {
    if (before_.size() != cores_.size() || after_.size() != cores_.size()) return std::nullopt;
    double most = 0;
    for (std::size_t i = 0; i < cores_.size(); ++i) most = std::max(most, busy_share(before_[i], after_[i]));
    return most;
  }

 private:
  std::vector<CoreIdle> read() const {
    std::vector<CoreIdle> all;
    for (const unsigned core : cores_) {
      if (const auto idle = core_idle(core)) all.push_back(*idle);
    }
    return all;
  }

  std::vector<unsigned> cores_;
  std::vector<CoreIdle> before_, after_;
};

// Until the child has ended; what it exits with.
std::expected<int, std::string> attend(Child& child, std::vector<Moment> moments, milliseconds expected) {
  const auto begin = steady_clock::now();
  std::ranges::sort(moments, {}, &Moment::after);
  std::size_t next = 0;
  for (;;) {
    const auto passed = steady_clock::now() - begin;
    for (; next < moments.size() && moments[next].after <= passed; ++next) moments[next].act();
    if (const auto code = child.finished()) return *code;
    if (interrupted()) return std::unexpected(std::string("interrupted"));
    if (passed > expected + kGrace) return std::unexpected(std::string("the load does not end"));
    std::this_thread::sleep_for(milliseconds(5));
  }
}

}  // namespace

std::expected<LoadOutcome, std::string> run_load(const Settings& settings, Scratch& scratch,
                                                 const Workload& workload, LoadPlan plan,
                                                 std::vector<Moment> moments) {
  plan.json = scratch.next("load.json").string();
  ChildOptions options{.arguments = load_arguments(workload, plan),
                       .cores = {settings.cores.load},
                       .output = scratch.next("load")};
  options.arguments.insert(options.arguments.begin(), settings.load.string());
  const auto child = Child::start(options);
  if (!child) return std::unexpected(child.error());
  Helpers helpers(settings.cores);
  moments.push_back({plan.warmup + plan.duration / 10, [&helpers] { helpers.begin(); }});
  moments.push_back({plan.warmup + plan.duration * 9 / 10, [&helpers] { helpers.end(); }});
  const auto code = attend(**child, std::move(moments), plan.warmup + plan.duration);
  if (!code) return std::unexpected(code.error());
  const auto text = read_file(plan.json);
  if (!text) return std::unexpected(fmt::format("the load ended with {}: {}", *code, last_words(**child)));
  const auto result = parse_load_result(*text);
  if (!result) return std::unexpected(result.error());
  return LoadOutcome{*result, helpers.busier()};
}

}  // namespace weir::bench::compare
