#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lb/model/snapshot.h"
#include "lb/net/loop.h"

namespace weir::explain {

// A routing test of the configuration that does not hold.
struct FailedTest {
  std::size_t test = 0;     // of the snapshot's
  std::string message;      // what was expected, and what happened
  std::string note;         // why; empty: the message says all
  model::Place note_place;  // of the note
};

// Sends the request of each test to its listener, in a dry run of the file alone. Nobody else uses `loop`,
// which need not run.
std::vector<FailedTest> run_tests(const std::shared_ptr<const model::Snapshot>& snapshot, net::Loop& loop);

}  // namespace weir::explain
