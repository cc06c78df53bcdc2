#include "config/keys/group_fields.h"
#include "config/keys/scalars.h"
#include "config/keys/tables.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::GroupTimeouts;
using model::KeepAlive;
using model::TargetGroup;

namespace {

Table<GroupTimeouts> group_timeouts_table() {
  const auto limit = [] { return off_or(duration(1ms, 24h)); };
  return {.doc = "How long a target may take",
          .fields = {
              field("connect", "To accept a connection", &GroupTimeouts::connect, limit()),
              field("response", "From the whole request to the head of the response",
                    &GroupTimeouts::response, limit()),
              field("idle", "Between bytes of the response", &GroupTimeouts::idle, limit()),
          }};
}

Table<KeepAlive> keepalive_table() {
  return {.doc = "Idle connections to a target, per target and worker",
          .fields = {
              field("max_idle", "How many are kept that were not used for 5 s; off: none",
                    &KeepAlive::max_idle, off_as<std::uint32_t>(0, number32(0, 10'000))),
              field("max_age", "How old one may get", &KeepAlive::max_age, off_or(duration(1ms, 24h))),
              field("max_requests", "How many requests one may serve", &KeepAlive::max_requests,
                    off_or(number(1, 1'000'000'000))),
          }};
}

}  // namespace

const Table<TargetGroup>& target_group_table() {
  static const Table<TargetGroup> table{
      .doc = "A pool of targets",
      .fields = {
          group_protocol_field(),
          target_tls_field(),
          target_http2_field(),
          sent_proxy_header_field(),
          algorithm_field(),
          hash_field(),
          targets_field(),
          cross_zone_field(),
          fail_open_field(),
          health_check_field(),
          outlier_detection_field(),
          slow_start_field(),
          field("drain", "How long a target that leaves may finish what it has", &TargetGroup::drain,
                duration(0s, 1h)),
          stickiness_field(),
          retry_field(),
          section("timeouts", &TargetGroup::timeouts, group_timeouts_table()),
          section("keepalive", &TargetGroup::keepalive, keepalive_table()),
          queue_field(),
          field("preserve_host", "Pass the client's Host on; off: send the target's address",
                &TargetGroup::preserve_host, boolean()),
      }};
  return table;
}

}  // namespace weir::config
