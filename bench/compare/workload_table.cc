#include "bench/compare/workload_table.h"

#include <fmt/format.h>

#include <optional>
#include <span>

#include "bench/compare/report_text.h"
#include "bench/compare/text_table.h"
#include "bench/measure/figures.h"

namespace weir::bench::compare {
namespace {

constexpr const char* kNothing = "-";

struct Column {
  const char* name;
  Metric metric;
};

constexpr Column kLoadColumns[] = {{"CPU/request", Metric::cpu},
                                   {"requests/s", Metric::requests_per_second},
                                   {"p50", Metric::p50},
                                   {"p99", Metric::p99},
                                   {"p99.9", Metric::p99_9}};
constexpr Column kIdleColumns[] = {{"bytes/client", Metric::bytes_per_client}};

std::span<const Column> columns_of(const Workload& workload) {
  if (workload.pace == Pace::idle) return kIdleColumns;
  return kLoadColumns;
}

// Who is divided by whom: weir by each other, or two workers by one.
std::string_view numerator(const Workload& workload) {
  return workload.audience == Audience::workers_of_weir ? "weir-2" : "weir";
}

std::string format_ratio(const std::optional<Spread>& ratio) {
  if (!ratio) return kNothing;
  if (ratio->rounds == 1) return fmt::format("{:.2f}", ratio->median);
  return fmt::format("{:.2f} ({:.2f}-{:.2f})", ratio->median, ratio->least, ratio->most);
}

std::string ratios(const Results& results, const Workload& workload) {
  const std::string_view ours = numerator(workload);
  std::vector<std::string> names{fmt::format("{} /", ours)};
  for (const Column& column : columns_of(workload)) names.emplace_back(column.name);
  TextTable table(std::move(names));
  for (const MeasuredPeer& peer : peers_at(results, workload)) {
    if (peer.name == ours) continue;
    std::vector<std::string> row{peer.name};
    for (const Column& column : columns_of(workload)) {
      row.push_back(
          format_ratio(ratio(paired(results.measurements, workload.name, ours, peer.name, column.metric))));
    }
    table.add(std::move(row));
  }
  return table.empty() ? "" : table.to_string() + "\n";
}

using Value = std::optional<double> (*)(const Measurement&);

// The median over the rounds of what is not a metric to compare.
std::string median_of(const Results& results, const Workload& workload, const std::string& peer, Value value,
                      std::string (*format)(double)) {
  std::vector<double> found;
  for (const Measurement& one : results.measurements) {
    if (one.workload != workload.name || one.peer != peer) continue;
    if (const auto figure = value(one)) found.push_back(*figure);
  }
  const auto all = spread(std::move(found));
  return all ? format(all->median) : kNothing;
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::optional<double> user(const Measurement& one) {
  return one.load && one.load->proxy ? std::optional(one.load->proxy->user) : std::nullopt;
}
std::optional<double> system(const Measurement& one) {
  return one.load && one.load->proxy ? std::optional(one.load->proxy->system) : std::nullopt;
}
std::optional<double> busy(const Measurement& one) {
  return one.load && one.load->proxy ? std::optional(one.load->proxy->busy) : std::nullopt;
}

std::string failed_requests(const Results& results, const Workload& workload, const std::string& peer) {
  std::uint64_t sum = 0;
  for (const Measurement& one : results.measurements) {
    if (one.workload == workload.name && one.peer == peer && one.load) sum += one.load->failed;
  }
  return std::to_string(sum);
}

std::string median_value(const Results& results, const Workload& workload, const std::string& peer,
                         Metric metric) {
  const auto found = values(results.measurements, workload.name, peer, metric);
  if (!found) return kNothing;
  const bool is_time =
      metric == Metric::p50 || metric == Metric::p99 || metric == Metric::p99_9 || metric == Metric::longest;
  return is_time ? format_microseconds(found->median) : format_figure(found->median);
}

std::string load_figures(const Results& results, const Workload& workload) {
  TextTable table({"median", "CPU µs/request", "user", "system", "requests/s", "p50", "p99", "p99.9",
                   "longest", "failed", "proxy's core", "load's core"});
  for (const MeasuredPeer& peer : peers_at(results, workload)) {
    const auto metric = [&](Metric which) { return median_value(results, workload, peer.name, which); };
    const auto other = [&](Value value, std::string (*format)(double)) {
      return median_of(results, workload, peer.name, value, format);
    };
    const auto helpers = [](const Measurement& one) { return one.helpers_busy; };
    table.add({peer.name, metric(Metric::cpu), other(user, format_figure), other(system, format_figure),
               metric(Metric::requests_per_second), metric(Metric::p50), metric(Metric::p99),
               metric(Metric::p99_9), metric(Metric::longest), failed_requests(results, workload, peer.name),
               other(busy, percent), other(helpers, percent)});
  }
  return table.to_string() + "\n";
}

std::string idle_figures(const Results& results, const Workload& workload) {
  TextTable table({"median", "bytes/client"});
  for (const MeasuredPeer& peer : peers_at(results, workload)) {
    table.add({peer.name, median_value(results, workload, peer.name, Metric::bytes_per_client)});
  }
  return table.to_string() + "\n";
}

}  // namespace

std::string workload_tables(const Results& results, const Workload& workload) {
  return ratios(results, workload) +
         (workload.pace == Pace::idle ? idle_figures(results, workload) : load_figures(results, workload));
}

}  // namespace weir::bench::compare
