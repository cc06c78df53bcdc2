#pragma once

#include <string>
#include <vector>

#include "bench/compare/goal.h"
#include "bench/compare/measurement.h"
#include "bench/compare/workload.h"
#include "bench/measure/machine.h"

namespace weir::bench::compare {

struct MeasuredPeer {
  std::string name;
  std::string version;
  bool rival = false;  // a layer 7 proxy, which goals are judged against
};

// All that a comparison has found out: what the report, the JSON and the charts are made of.
struct Results {
  Machine machine;
  std::string started;  // when, UTC
  std::string command;  // how to repeat it
  std::string cores;    // which runs what
  double seconds = 0;   // of each measurement
  unsigned rounds = 0;
  std::vector<Workload> workloads;
  std::vector<MeasuredPeer> peers;   // weir first
  std::vector<std::string> missing;  // peers that are not installed
  std::vector<std::string> notes;    // what the reader has to know, such as a limit that was met
  std::vector<Measurement> measurements;
};

// Those peers that have been measured at a workload, in their order.
std::vector<MeasuredPeer> peers_at(const Results& results, const Workload& workload);

std::vector<Verdict> verdicts(const Results& results);

}  // namespace weir::bench::compare
