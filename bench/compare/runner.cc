#include "bench/compare/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "bench/compare/visitor.h"
#include "bench/measure/interruption.h"
#include "bench/measure/process_memory.h"

namespace weir::bench::compare {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSettle(500);
constexpr milliseconds kCalibration(1000);

LoadPlan plan_for(const Settings& settings, const Workload& workload, const Proxy& proxy) {
  return {.port = proxy.port,
          .connections = workload.connections,
          .warmup = settings.warmup,
          .duration = settings.duration,
          .rate = std::nullopt,
          .process = proxy.process->pid(),
          .json = {}};
}

std::expected<std::uint64_t, std::string> resident(const Proxy& proxy) {
  const auto memory = process_memory(proxy.process->pid());
  if (!memory) return std::unexpected(memory.error());
  return memory->resident;
}

std::expected<void, std::string> visit(const Proxy& proxy, bool secure, std::vector<Visitor>& crowd) {
  auto visitor = Visitor::connect(proxy.port, secure);
  if (!visitor) return std::unexpected(visitor.error());
  const auto status = visitor->get("/");
  if (!status) return std::unexpected(status.error());
  if (*status != 200) return std::unexpected(fmt::format("answered {}", *status));
  visitor->rest();
  crowd.push_back(std::move(*visitor));
  return {};
}

}  // namespace

std::expected<std::uint16_t, std::string> Runner::shared_target() {
  if (!target_ || target_->process->finished()) {
    auto started = start_target(settings_, scratch_, milliseconds(0));
    if (!started) return std::unexpected(started.error());
    target_ = std::move(*started);
  }
  return target_->port;
}

std::expected<Runner::Stage, std::string> Runner::set_up(const Workload& workload,
                                                         const InstalledPeer& peer) {
  Stage stage;
  std::vector<std::uint16_t> ports;
  if (is_behaviour(workload)) {
    auto targets = start_targets(settings_, scratch_, workload);
    if (!targets) return std::unexpected(targets.error());
    stage.targets = std::move(*targets);
    for (const Target& target : stage.targets) ports.push_back(target.port);
  } else {
    const auto port = shared_target();
    if (!port) return std::unexpected(port.error());
    ports.push_back(*port);
  }
  auto proxy = start_proxy(settings_, scratch_, peer, workload, std::move(ports));
  if (!proxy) return std::unexpected(proxy.error());
  stage.proxy = std::move(*proxy);
  return stage;
}

std::expected<void, std::string> Runner::try_out(const InstalledPeer& peer) {
  const auto stage = set_up(settings_.workloads.front(), peer);
  if (!stage) return std::unexpected(stage.error());
  return {};
}

// Closed loop, as fast as it goes.
std::expected<double, std::string> Runner::most_of(const Workload& workload, const InstalledPeer& peer) {
  auto stage = set_up(workload, peer);
  if (!stage) return std::unexpected(stage.error());
  LoadPlan plan = plan_for(settings_, workload, stage->proxy);
  plan.duration = std::min(plan.duration, kCalibration);
  const auto outcome = run_load(settings_, scratch_, workload, std::move(plan), {});
  if (!outcome) return std::unexpected(outcome.error());
  return outcome->result.requests_per_second;
}

std::expected<std::optional<double>, std::string> Runner::rate_of(const Workload& workload) {
  if (workload.pace == Pace::fixed_rate) return workload.rate;
  if (workload.pace != Pace::share_of_most) return std::nullopt;
  if (const auto known = rates_.find(workload.name); known != rates_.end()) return known->second;
  std::optional<double> slowest;
  for (const InstalledPeer& peer : settings_.peers) {
    if (!takes_part(peer.peer, workload) || peer.peer.role == Role::weir_with_two_workers) continue;
    // Who cannot be measured here will say so where it is measured.
    if (const auto most = most_of(workload, peer)) slowest = std::min(slowest.value_or(*most), *most);
    if (interrupted()) return std::unexpected(std::string("interrupted"));
  }
  const double rate = std::max(1.0, std::floor(slowest.value_or(0) * workload.share));
  return rates_.emplace(workload.name, rate).first->second;
}

// What happens to targets and proxy in the middle of a measurement.
std::vector<Moment> Runner::disturbances(const Workload& workload, const LoadPlan& plan, Stage& stage) {
  switch (workload.disturbance) {
    case Disturbance::none: return {};
    case Disturbance::kill_target:
      return {{plan.warmup + plan.duration / 2, [&stage] { stage.targets.front().process->kill(); }}};
    case Disturbance::lose_zone:
      return {{plan.warmup + plan.duration / 4, [&workload, &stage] { kill_zone(workload, stage); }},
              {plan.warmup + plan.duration * 6 / 10,
               [this, &workload, &stage] { bring_back_zone(workload, stage); }}};
  }
  return {};
}

void Runner::kill_zone(const Workload& workload, Stage& stage) {
  for (std::size_t i = 0; i < stage.targets.size(); ++i) {
    if (workload.zones[i] == workload.lost_zone) stage.targets[i].process->kill();
  }
}

void Runner::bring_back_zone(const Workload& workload, Stage& stage) {
  for (std::size_t i = 0; i < stage.targets.size(); ++i) {
    if (workload.zones[i] != workload.lost_zone) continue;
    auto target = start_target(settings_, scratch_, workload.delay, stage.targets[i].port);
    if (target) {
      stage.targets[i] = std::move(*target);
    } else {
      stage.trouble = target.error();
    }
  }
}

std::expected<void, std::string> Runner::measure_load(const Workload& workload, const InstalledPeer& peer,
                                                      Measurement& measurement) {
  const auto rate = rate_of(workload);
  if (!rate) return std::unexpected(rate.error());
  auto stage = set_up(workload, peer);
  if (!stage) return std::unexpected(stage.error());
  LoadPlan plan = plan_for(settings_, workload, stage->proxy);
  plan.rate = measurement.rate = *rate;
  auto moments = disturbances(workload, plan, *stage);
  auto outcome = run_load(settings_, scratch_, workload, std::move(plan), std::move(moments));
  if (!outcome) return std::unexpected(outcome.error());
  if (!stage->trouble.empty()) return std::unexpected(stage->trouble);
  measurement.load = std::move(outcome->result);
  measurement.helpers_busy = outcome->helpers_busy;
  return {};
}

std::expected<void, std::string> Runner::measure_idle(const Workload& workload, const InstalledPeer& peer,
                                                      Measurement& measurement) {
  auto stage = set_up(workload, peer);
  if (!stage) return std::unexpected(stage.error());
  const auto before = resident(stage->proxy);
  if (!before) return std::unexpected(before.error());
  std::vector<Visitor> crowd;
  for (unsigned i = 0; i < workload.connections && !interrupted(); ++i) {
    if (const auto visited = visit(stage->proxy, workload.secure, crowd); !visited) {
      return std::unexpected(fmt::format("client {}: {}", i + 1, visited.error()));
    }
  }
  if (interrupted()) return std::unexpected(std::string("interrupted"));
  std::this_thread::sleep_for(kSettle);
  const auto after = resident(stage->proxy);
  if (!after) return std::unexpected(after.error());
  measurement.bytes_per_client =
      (static_cast<double>(*after) - static_cast<double>(*before)) / static_cast<double>(crowd.size());
  return {};
}

Measurement Runner::measure(const Workload& workload, const InstalledPeer& peer, unsigned round) {
  Measurement measurement{.workload = std::string(workload.name),
                          .peer = std::string(peer.peer.name),
                          .round = round,
                          .behaviour = is_behaviour(workload)};
  const auto done = workload.pace == Pace::idle ? measure_idle(workload, peer, measurement)
                                                : measure_load(workload, peer, measurement);
  if (!done) measurement.problem = done.error();
  return measurement;
}

}  // namespace weir::bench::compare
