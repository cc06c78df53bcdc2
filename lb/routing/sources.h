#pragma once

#include <vector>

#include "lb/base/address.h"
#include "lb/model/listener.h"

namespace weir::routing {

// Who may send requests, ready to be asked; see model::Sources for what decides. A question takes time
// logarithmic in the number of networks. Immutable, any thread.
class SourceFilter {
 public:
  explicit SourceFilter(const model::Sources& sources);

  bool allows(const base::IpAddress& address) const;

 private:
  struct Network;
  static std::vector<Network> networks_of(const model::Sources& sources);
  void begin(const base::IpAddress& address, bool allowed);

  // From each of these addresses up to the next, one answer. The first is the lowest of all.
  std::vector<base::IpAddress> begins_;
  std::vector<bool> allowed_;
};

}  // namespace weir::routing
