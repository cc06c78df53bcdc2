#pragma once

#include "config/keys/table.h"
#include "lb/model/target_group.h"

// The keys of a target group that have files of their own.
namespace weir::config {

// target_tls_field.cc. In this order, and before the checks, which follow from them.
Field<model::TargetGroup> group_protocol_field();
Field<model::TargetGroup> target_tls_field();
Field<model::TargetGroup> sent_proxy_header_field();

// http2_field.cc
Field<model::TargetGroup> target_http2_field();

Field<model::TargetGroup> targets_field();
// An entry of it as the effective configuration has it.
Json written(const model::Target& target);
Json written(const model::DnsTarget& target);

// balancing_fields.cc
Field<model::TargetGroup> algorithm_field();
Field<model::TargetGroup> hash_field();
Field<model::TargetGroup> cross_zone_field();
Field<model::TargetGroup> fail_open_field();
Field<model::TargetGroup> slow_start_field();

Field<model::TargetGroup> health_check_field();
Field<model::TargetGroup> outlier_detection_field();
Field<model::TargetGroup> stickiness_field();

// retry_fields.cc
Field<model::TargetGroup> retry_field();
Field<model::TargetGroup> queue_field();

}  // namespace weir::config
