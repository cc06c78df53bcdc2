#include "lb/proxy/source_limit.h"

#include <string_view>

namespace weir::proxy {

std::size_t SourceLimit::Hash::operator()(const base::IpAddress& address) const {
  return std::hash<std::string_view>()(
      {reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
}

bool SourceLimit::enter(const base::IpAddress& source, std::uint64_t most) {
  const std::lock_guard lock(mutex_);
  std::uint64_t& count = counts_[source];
  if (count >= most) return false;
  ++count;
  return true;
}

void SourceLimit::leave(const base::IpAddress& source) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(source);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace weir::proxy
