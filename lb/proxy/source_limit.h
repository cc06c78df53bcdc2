#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "lb/base/address.h"

namespace weir::proxy {

// How many connections each client address has on one listener, over all workers. Any thread; only
// used where a limit is set, and only when connections come and go.
class SourceLimit {
 public:
  // False: it has `most` already.
  bool enter(const base::IpAddress& source, std::uint64_t most);
  void leave(const base::IpAddress& source);

 private:
  struct Hash {
    std::size_t operator()(const base::IpAddress& address) const;
  };
  std::mutex mutex_;
  std::unordered_map<base::IpAddress, std::uint64_t, Hash> counts_;  // guarded by mutex_
};

}  // namespace weir::proxy
