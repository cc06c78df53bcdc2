#include <algorithm>

#include "config/keys/group_fields.h"
#include "config/keys/ratios.h"
#include "config/keys/scalars.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::OutlierDetection;
using model::SuccessRate;
using model::TargetGroup;

namespace {

Table<SuccessRate> success_rate_table() {
  return {
      .doc = "Ejects a target whose share of successes is below the group's mean",
      .fields = {
          field("factor", "By how many standard deviations", &SuccessRate::factor, fraction(0.1, 10)),
          field("min_targets", "How many must have enough requests", &SuccessRate::min_targets,
                number32(2, 100'000)),
          field("min_requests", "How many of a target are enough, in an interval", &SuccessRate::min_requests,
                number32(1, 1'000'000)),
          field("interval", "How often the shares are compared", &SuccessRate::interval, duration(100ms, 1h)),
      }};
}

Table<OutlierDetection> outlier_detection_table() {
  return {
      .doc = "Passive checks: a target whose requests fail gets none for a while",
      .fields = {
          field("consecutive_failures", "Answers 5xx, resets and timeouts in a row",
                &OutlierDetection::consecutive_failures, number32(1, 1000)),
          field("base_ejection", "How long the first ejection takes; each further one as much longer",
                &OutlierDetection::base_ejection, duration(100ms, 24h)),
          placed(&OutlierDetection::max_ejection_place,
                 field("max_ejection", "The longest ejection; left out, the longer of 5m and base_ejection",
                       &OutlierDetection::max_ejection, duration(100ms, 24h))),
          placed(&OutlierDetection::max_ejected_percent_place,
                 field("max_ejected_percent", "The most targets that are ejected at the same time",
                       &OutlierDetection::max_ejected_percent, percent(0, 100))),
          field("success_rate", "Ejects a target that fails more often than the others",
                &OutlierDetection::success_rate, off_or(section_codec(success_rate_table()))),
      }};
}

}  // namespace

Field<TargetGroup> outlier_detection_field() {
  auto codec = section_codec(outlier_detection_table());
  codec.read = [read = codec.read](const Value& value) {
    auto detection = read(value);
    if (detection && detection->max_ejection_place.line == 0)
      detection->max_ejection = std::max(detection->max_ejection, detection->base_ejection);
    return detection;
  };
  return field("outlier_detection", "Passive checks: a target whose requests fail gets none for a while",
               &TargetGroup::outlier_detection, off_or(std::move(codec)));
}

}  // namespace weir::config
