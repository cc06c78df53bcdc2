#pragma once

#include <nlohmann/json.hpp>

#include <span>
#include <string>

#include "lb/admin/group_status.h"

// The values of group_status.h as JSON: times RFC 3339, durations in seconds, null where there is no value.
namespace weir::admin {

nlohmann::ordered_json json_of(const TargetStatus& target);
nlohmann::ordered_json json_of(const GroupStatus& group);
nlohmann::ordered_json json_of(const ZoneShift& shift);
nlohmann::ordered_json json_of(const Event& event);

// As text of ASCII only: what a target sent can neither break the document nor speak to a terminal. What is
// not UTF-8 becomes U+FFFD. An indent of -1 gives one line.
std::string json_text(const nlohmann::ordered_json& document, int indent = 2);

}  // namespace weir::admin
