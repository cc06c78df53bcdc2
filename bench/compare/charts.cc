#include "bench/compare/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/chart/bar_chart.h"
#include "bench/chart/percentile_chart.h"
#include "bench/compare/report_text.h"
#include "bench/measure/figures.h"

namespace weir::bench::compare {
namespace {

std::vector<Distribution> distributions(const Results& results, const Workload& workload,
                                        const std::string& peer) {
  std::vector<Distribution> found;
  for (const Measurement& one : results.measurements) {
    if (one.workload != workload.name || one.peer != peer || !one.load) continue;
    if (one.load->requests > 0 && !one.load->distribution.empty()) found.push_back(one.load->distribution);
  }
  return found;
}

// The color of a peer is the same in every picture of a report.
std::size_t color_index(const Results& results, const std::string& peer) {
  const auto found = std::ranges::find(results.peers, peer, &MeasuredPeer::name);
  return static_cast<std::size_t>(found - results.peers.begin());
}

std::string subtitle(const Results& results, const Workload& workload) {
  const auto one = std::ranges::find_if(results.measurements, [&](const Measurement& measurement) {
    return measurement.workload == workload.name && measurement.rate;
  });
  const std::string pace = one == results.measurements.end()
                               ? "closed loop"
                               : fmt::format("open loop at {:.0f} requests/s", *one->rate);
  return fmt::format("{} connections, {}; median of {} {}", workload.connections, pace, results.rounds,
                     results.rounds == 1 ? "round" : "rounds");
}

// In the round in which there were fewest.
std::uint64_t fewest_requests(const Results& results, const Workload& workload) {
  std::uint64_t fewest = UINT64_MAX;
  for (const Measurement& one : results.measurements) {
    if (one.workload != workload.name || !one.load || one.load->requests == 0) continue;
    fewest = std::min<std::uint64_t>(fewest, one.load->requests);
  }
  return fewest;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string latency_chart(const Results& results, const Workload& workload) {
  const std::uint64_t fewest = fewest_requests(results, workload);
  const double end = chart::last_share(fewest);
  chart::LineChart chart = chart::percentile_chart(fmt::format("Latency: {}", workload.title),
                                                   subtitle(results, workload), fewest);
  for (const MeasuredPeer& peer : peers_at(results, workload)) {
    chart::Series series{.name = peer.name, .points = {}, .color = color_index(results, peer.name)};
    for (const auto& [share, microseconds] :
         median_distribution(distributions(results, workload, peer.name))) {
      if (share <= end + 1e-9) series.points.push_back(chart::percentile_point(share, microseconds));
    }
    chart.series.push_back(std::move(series));
  }
  return chart::to_svg(chart);
}

std::optional<chart::Bar> cpu_bar(const Results& results, const Workload& workload, const std::string& peer) {
  std::vector<double> user, system;
  for (const Measurement& one : results.measurements) {
    if (one.workload != workload.name || one.peer != peer || !value_of(one, Metric::cpu)) continue;
    user.push_back(one.load->proxy->user);
    system.push_back(one.load->proxy->system);
  }
  const auto in_user = spread(std::move(user)), in_system = spread(std::move(system));
  const auto total = values(results.measurements, workload.name, peer, Metric::cpu);
  if (!in_user || !in_system || !total) return std::nullopt;
  return chart::Bar{.name = peer,
                    .first = in_user->median,
                    .second = in_system->median,
                    .label = fmt::format("{} µs", format_figure(total->median)),
                    .color = color_index(results, peer)};
}

std::string cpu_chart(const Results& results) {
  chart::BarChart chart{
      .title = "CPU per request",
      .subtitle = fmt::format("Microseconds of the proxy's processes, less is better. Solid: user, pale: "
                              "kernel. Median of {} {}.",
                              results.rounds, results.rounds == 1 ? "round" : "rounds"),
      .panels = {}};
  for (const Workload& workload : results.workloads) {
    chart::BarPanel panel{.title = capitalised(std::string(workload.title)), .bars = {}};
    for (const MeasuredPeer& peer : peers_at(results, workload)) {
      if (auto bar = cpu_bar(results, workload, peer.name)) panel.bars.push_back(std::move(*bar));
    }
    chart.panels.push_back(std::move(panel));
  }
  return chart::to_svg(chart);
}

}  // namespace

std::string latency_chart_file(const Workload& workload) {
  return fmt::format("latency-{}.svg", workload.name);
}

bool has_latencies(const Results& results, const Workload& workload) {
  return std::ranges::any_of(results.measurements, [&](const Measurement& one) {
    return one.workload == workload.name && one.load && !one.load->distribution.empty();
  });
}

std::optional<double> latency_at(const Distribution& curve, double share) {
  const auto after = std::ranges::find_if(curve, [&](const auto& one) { return one.first >= share - 1e-12; });
  if (after == curve.end()) return std::nullopt;
  if (after == curve.begin()) return after->second;
  const auto before = after - 1;
  const double begin = chart::nines(before->first), end = chart::nines(after->first);
  const double part = end > begin ? (chart::nines(share) - begin) / (end - begin) : 1;
  return before->second + part * (after->second - before->second);
}

Distribution median_distribution(const std::vector<Distribution>& rounds) {
  constexpr int kSteps = 80;
  constexpr double kNines = 4;
  Distribution result;
  for (int step = 0; step <= kSteps; ++step) {
    const double share = 1 - std::pow(10.0, -kNines * step / kSteps);
    std::vector<double> found;
    for (const Distribution& round : rounds) {
      if (const auto latency = latency_at(round, share)) found.push_back(*latency);
    }
    if (const auto middle = spread(std::move(found))) result.emplace_back(share, middle->median);
  }
  return result;
}

std::map<std::string, std::string> charts(const Results& results) {
  std::map<std::string, std::string> files;
  for (const Workload& workload : results.workloads) {
    if (has_latencies(results, workload))
      files[latency_chart_file(workload)] = latency_chart(results, workload);
  }
  if (std::string cpu = cpu_chart(results); !cpu.empty()) files["cpu.svg"] = std::move(cpu);
  return files;
}

}  // namespace weir::bench::compare
