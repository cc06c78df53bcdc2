#include "lb/model/snapshot.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::model {

std::string Place::to_string() const { return fmt::format("{}:{}:{}", file, line, column); }

const TargetGroup* Snapshot::find_group(const std::string& name) const {
  const auto found = std::ranges::find(target_groups, name, &TargetGroup::name);
  return found == target_groups.end() ? nullptr : &*found;
}

}  // namespace weir::model
