#pragma once

#include "config/files.h"
#include "config/report.h"
#include "lb/model/snapshot.h"

namespace weir::config {

// What no single key shows: references, collisions, and settings that contradict each other.
void check_whole(const model::Snapshot& snapshot, const Files& files, Report& report);

}  // namespace weir::config
