#include "lb/observe/metrics.h"

#include <algorithm>
#include <utility>

#include "lb/observe/family.h"
#include "lb/observe/process_usage.h"

namespace weir::observe {
namespace {

double unix_seconds(base::WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void add_single(Writers& writers, Family family, double value) {
  writers.push_back({std::move(family), 1, [value](Family& to, std::size_t) { to.add({}, value); }});
}

void add_config(Writers& writers, const MetricsFacts& facts) {
  writers.push_back(
      {Family::gauge("weir_config_info",
                     "1, with the hash of the configuration in use: nodes of a fleet that "
                     "differ here run different files."),
       1, [&facts](Family& family, std::size_t) { family.add({{"hash", facts.config_hash}}, 1); }});
  writers.push_back(
      {Family::counter(
           "weir_config_reloads_total",
           "Configurations that were read again, by what became of them. refused: the log and "
           "weir reload say why, the old one stays in force; rolled_back: requests failed with it, "
           "and the one before is back; rollback_failed: that one could not be taken again."),
       kReloadResults.size(), [&facts](Family& family, std::size_t i) {
         family.add({{"result", kReloadResults[i]}}, facts.reloads[i]);
       }});
  add_single(
      writers,
      Family::gauge("weir_config_last_reload_success",
                    "0: the last configuration was refused and the one before is still in use. The daemon's "
                    "log and weir check say why."),
      facts.last_reload_succeeded ? 1 : 0);
  add_single(
      writers,
      Family::gauge("weir_config_last_reload_timestamp_seconds",
                    "When a configuration was last taken into use. Older than your last change: it was not "
                    "loaded."),
      unix_seconds(facts.last_reload));
}

void add_certificates(Writers& writers, const MetricsFacts& facts) {
  using Expiry = std::pair<std::string_view, std::chrono::sys_seconds>;
  std::vector<Expiry> expiries;
  expiries.reserve(facts.certificates.size());
  for (const CertificateFact& one : facts.certificates) expiries.emplace_back(one.subject, one.not_after);
  std::ranges::sort(expiries);
  const auto later = std::ranges::unique(expiries, {}, &Expiry::first);
  expiries.erase(later.begin(), later.end());
  const std::size_t count = expiries.size();
  writers.push_back(
      {Family::gauge(
           "weir_tls_certificate_expiry_timestamp_seconds",
           "When a certificate in use ends to be valid, in seconds since 1970: those that listeners "
           "serve, and those that target groups show to their targets; of several of one subject, "
           "the first. Less than two weeks from now: renew it. weir takes a changed file "
           "by itself: if this stays as it was, the log says why it did not."),
       count, [expiries = std::move(expiries)](Family& family, std::size_t i) {
         const auto& [subject, not_after] = expiries[i];
         family.add({{"subject", subject}}, not_after.time_since_epoch().count());
       }});
}

void add_spans(Writers& writers, const MetricsFacts& facts) {
  writers.push_back(
      {Family::counter("weir_trace_spans_exported_total",
                       "Spans that the collector of tracing.otlp has taken. None although there "
                       "is traffic: see what was dropped, and tracing.sample."),
       1, [&facts](Family& family, std::size_t) { family.add({}, facts.spans.exported); }});
  writers.push_back(
      {Family::counter("weir_trace_spans_dropped_total",
                       "Spans that were not exported. queue_full: the collector is slower than the traffic, "
                       "lower tracing.sample or give it more; unreachable: it does not answer, or is "
                       "overloaded; rejected: it refuses them, its log says why; stopping: weir ended before "
                       "it took them."),
       kSpanLossWords.size(), [&facts](Family& family, std::size_t i) {
         family.add({{"reason", kSpanLossWords[i]}}, facts.spans.lost[i]);
       }});
}

void add_usage(Writers& writers) {
  const ProcessUsage usage = ProcessUsage::now();
  add_single(
      writers,
      Family::counter("process_cpu_seconds_total",
                      "CPU time used, user and system. If it grows by almost a second a second for each of "
                      "process.workers, weir is at its limit: add workers, or nodes."),
      usage.cpu_seconds);
  add_single(
      writers,
      Family::gauge("process_start_time_seconds",
                    "When the process started, in seconds since 1970. If nobody restarted it, the log of the "
                    "service manager says why it ended."),
      usage.start_time_seconds);
  add_single(writers,
             Family::gauge("process_virtual_memory_bytes",
                           "Address space in use, most of which is not memory: look at "
                           "process_resident_memory_bytes."),
             static_cast<double>(usage.virtual_bytes));
  add_single(writers,
             Family::gauge(
                 "process_resident_memory_bytes",
                 "Memory in use. It follows the number of connections: lower process.max_connections if it "
                 "does not fit."),
             static_cast<double>(usage.resident_bytes));
  add_single(writers,
             Family::gauge("process_open_fds",
                           "File descriptors in use. Near process_max_fds: raise the limit (LimitNOFILE)."),
             static_cast<double>(usage.open_descriptors));
  add_single(
      writers,
      Family::gauge("process_max_fds",
                    "The most file descriptors that the process may have. They bound the connections: raise "
                    "LimitNOFILE of the service for more."),
      static_cast<double>(usage.max_descriptors));
  add_single(
      writers,
      Family::gauge(
          "process_threads",
          "Threads of the process: the workers and a few more. It changes with process.workers alone."),
      static_cast<double>(usage.threads));
}

}  // namespace

void add_process_writers(Writers& writers, const MetricsFacts& facts) {
  writers.push_back(
      {Family::gauge(
           "weir_build_info",
           "1, with the version that runs: nodes of a fleet that differ here were not all upgraded."),
       1, [&facts](Family& family, std::size_t) {
         family.add({{"version", facts.build.version},
                     {"commit", facts.build.commit},
                     {"compiler", facts.build.compiler}},
                    1);
       }});
  add_config(writers, facts);
  add_single(writers,
             Family::counter(
                 "weir_access_log_dropped_total",
                 "Access log lines that were not written: the output is slower than the traffic, or fails. "
                 "Log to a faster disk, or log less."),
             static_cast<double>(facts.access_log_dropped));
  add_certificates(writers, facts);
  add_spans(writers, facts);
  add_usage(writers);
}

std::string metrics_text(const Registry& registry, const MetricsFacts& facts) {
  Scrape scrape(registry, facts);
  std::string text;
  while (const auto piece = scrape.next(1u << 20)) text += *piece;
  return text;
}

}  // namespace weir::observe
