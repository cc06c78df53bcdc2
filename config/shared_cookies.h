#pragma once

#include <vector>

#include "lb/model/snapshot.h"

namespace weir::config {

// Two groups that set a cookie of the same name. A browser has one of a name for each host.
struct SharedCookie {
  const model::TargetGroup* group;
  const model::TargetGroup* other;  // the listener names it before
};

// Groups that a listener forwards to, as far as the same host may reach both: rules for hosts that are
// written differently are taken for rules of different hosts. All groups exist.
std::vector<SharedCookie> find_shared_cookies(const model::Snapshot& snapshot,
                                              const model::Listener& listener);

}  // namespace weir::config
