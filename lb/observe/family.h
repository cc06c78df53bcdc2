#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/observe/metrics.h"
#include "lb/observe/totals.h"

// Totals as families of prometheus-cpp. Only for the files that make them: the library stays out of headers
// that others include.
namespace weir::observe {

using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;
using Families = std::vector<prometheus::MetricFamily>;

class Family {
 public:
  static Family counter(const char* name, const char* help) {
    return {prometheus::MetricType::Counter, name, help};
  }
  static Family gauge(const char* name, const char* help) {
    return {prometheus::MetricType::Gauge, name, help};
  }
  static Family histogram(const char* name, const char* help) {
    return {prometheus::MetricType::Histogram, name, help};
  }

  template <class Number>
  void add(Labels labels, Number number) {
    prometheus::ClientMetric& metric = series(labels);
    const bool counts = family_.type == prometheus::MetricType::Counter;
    (counts ? metric.counter.value : metric.gauge.value) = static_cast<double>(number);
  }

  void add(Labels labels, const HistogramTotal& total) {
    prometheus::ClientMetric::Histogram& histogram = series(labels).histogram;
    for (std::size_t i = 0; i < kLatencyBuckets; ++i) {
      const double bound = i < kLatencyBounds.size() ? static_cast<double>(kLatencyBounds[i]) / 1e9
                                                     : std::numeric_limits<double>::infinity();
      histogram.sample_count += total.buckets[i];
      histogram.bucket.push_back({histogram.sample_count, bound});
    }
    histogram.sample_sum = static_cast<double>(total.sum) / 1e9;
  }

  // A family without a series is left out.
  void move_to(Families& families) {
    if (!family_.metric.empty()) families.push_back(std::move(family_));
  }

 private:
  Family(prometheus::MetricType type, const char* name, const char* help) {
    family_.type = type;
    family_.name = name;
    family_.help = help;
  }
  prometheus::ClientMetric& series(Labels labels) {
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    for (const auto& [name, value] : labels) metric.label.push_back({name, std::string(value)});
    return metric;
  }

  prometheus::MetricFamily family_;
};

void add_listener_families(Families& families, const Totals& totals);
void add_target_families(Families& families, const Totals& totals);
void add_group_families(Families& families, const GroupFacts& facts);
void add_process_families(Families& families, const MetricsFacts& facts);

}  // namespace weir::observe
