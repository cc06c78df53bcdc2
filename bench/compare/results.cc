#include "bench/compare/results.h"

#include <algorithm>

namespace weir::bench::compare {

std::vector<MeasuredPeer> peers_at(const Results& results, const Workload& workload) {
  std::vector<MeasuredPeer> found;
  for (const MeasuredPeer& peer : results.peers) {
    const bool measured = std::ranges::any_of(results.measurements, [&](const Measurement& one) {
      return one.workload == workload.name && one.peer == peer.name;
    });
    if (measured) found.push_back(peer);
  }
  return found;
}

std::vector<Verdict> verdicts(const Results& results) {
  std::vector<std::string> rivals;
  for (const MeasuredPeer& peer : results.peers) {
    if (peer.rival) rivals.push_back(peer.name);
  }
  return judge(results.measurements, rivals);
}

}  // namespace weir::bench::compare
