#include "lb/observe/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include "lb/observe/family.h"
#include "lb/observe/process_usage.h"

namespace weir::observe {
namespace {

double unix_seconds(base::WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

class Collector final : public prometheus::Collectable {
 public:
  Collector(const Registry& registry, const MetricsFacts& facts) : registry_(registry), facts_(facts) {}

  Families Collect() const override {
    Families families;
    const Totals totals = registry_.totals();
    add_listener_families(families, totals);
    add_target_families(families, totals);
    add_group_families(families, facts_.groups);
    add_process_families(families, facts_);
    return families;
  }

 private:
  const Registry& registry_;
  const MetricsFacts& facts_;
};

void add_single(Families& families, Family family, double value) {
  family.add({}, value);
  family.move_to(families);
}

void add_config(Families& families, const MetricsFacts& facts) {
  Family hash =
      Family::gauge("weir_config_info",
                    "1, with the hash of the configuration in use: nodes of a fleet that differ here run "
                    "different files.");
  hash.add({{"hash", facts.config_hash}}, 1);
  hash.move_to(families);
  Family reloads = Family::counter(
      "weir_config_reloads_total",
      "Configurations that were read again, by what became of them. Refused: the log and weir "
      "reload say why, the old one stays in force.");
  for (std::size_t i = 0; i < kReloadResults.size(); ++i) {
    reloads.add({{"result", std::string(kReloadResults[i])}}, static_cast<double>(facts.reloads[i]));
  }
  reloads.move_to(families);
  add_single(
      families,
      Family::gauge("weir_config_last_reload_success",
                    "0: the last configuration was refused and the one before is still in use. The daemon's "
                    "log and weir check say why."),
      facts.last_reload_succeeded ? 1 : 0);
  add_single(
      families,
      Family::gauge("weir_config_last_reload_timestamp_seconds",
                    "When a configuration was last taken into use. Older than your last change: it was not "
                    "loaded."),
      unix_seconds(facts.last_reload));
}

void add_usage(Families& families) {
  const ProcessUsage usage = ProcessUsage::now();
  add_single(families, Family::counter("process_cpu_seconds_total", "CPU time used, user and system."),
             usage.cpu_seconds);
  add_single(families,
             Family::gauge("process_start_time_seconds", "When the process started, in seconds since 1970."),
             usage.start_time_seconds);
  add_single(families, Family::gauge("process_virtual_memory_bytes", "Address space in use."),
             static_cast<double>(usage.virtual_bytes));
  add_single(families,
             Family::gauge(
                 "process_resident_memory_bytes",
                 "Memory in use. It follows the number of connections: lower process.max_connections if it "
                 "does not fit."),
             static_cast<double>(usage.resident_bytes));
  add_single(families,
             Family::gauge("process_open_fds",
                           "File descriptors in use. Near process_max_fds: raise the limit (LimitNOFILE)."),
             static_cast<double>(usage.open_descriptors));
  add_single(families,
             Family::gauge("process_max_fds", "The most file descriptors that the process may have."),
             static_cast<double>(usage.max_descriptors));
  add_single(families,
             Family::gauge("process_threads", "Threads of the process: the workers and a few more."),
             static_cast<double>(usage.threads));
}

}  // namespace

void add_process_families(Families& families, const MetricsFacts& facts) {
  Family build = Family::gauge("weir_build_info", "1, with the version that runs.");
  build.add(
      {{"version", facts.build.version}, {"commit", facts.build.commit}, {"compiler", facts.build.compiler}},
      1);
  build.move_to(families);
  add_config(families, facts);
  add_single(families,
             Family::counter(
                 "weir_access_log_dropped_total",
                 "Access log lines that were not written: the output is slower than the traffic, or fails. "
                 "Log to a faster disk, or log less."),
             static_cast<double>(facts.access_log_dropped));
  add_usage(families);
}

std::string metrics_text(const Registry& registry, const MetricsFacts& facts) {
  return prometheus::TextSerializer().Serialize(Collector(registry, facts).Collect());
}

}  // namespace weir::observe
