#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lb/model/target_group.h"
#include "lb/proxy/session.h"
#include "lb/wire/http1_client.h"

namespace weir::proxy {

// A target group without its targets: its settings and what follows from them, the same for all workers.
// Immutable; whoever acts by them keeps them.
struct GroupSettings {
  explicit GroupSettings(const model::TargetGroup& group);
  ~GroupSettings() = default;
  GroupSettings(const GroupSettings&) = delete;
  GroupSettings& operator=(const GroupSettings&) = delete;

  const model::TargetGroup model;  // its lists of targets are empty
  const wire::ClientPolicy policy;
  const std::optional<Stickiness> stickiness;  // to the targets; absent: off
};

using GroupSettingsByName = std::map<std::string, std::shared_ptr<const GroupSettings>, std::less<>>;

}  // namespace weir::proxy
