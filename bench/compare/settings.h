#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/compare/cores.h"
#include "bench/compare/peer.h"
#include "bench/compare/workload.h"

namespace weir::bench::compare {

struct InstalledPeer {
  Peer peer;
  std::filesystem::path program;
};

// What a comparison is to do: from the command line and the machine, made once.
struct Settings {
  std::vector<InstalledPeer> peers;  // weir first
  std::vector<Workload> workloads;
  unsigned rounds = 6;
  std::chrono::milliseconds duration{2000};
  std::chrono::milliseconds warmup{500};
  Cores cores;
  std::filesystem::path templates;  // the directory of the peers' configurations
  std::filesystem::path load;       // the weir-bench that makes load and targets
};

}  // namespace weir::bench::compare
