#include "lb/server/name_lookups.h"

namespace weir::server {

using Kind = net::Resolver::Kind;

NameLookups::NameLookups(net::Loop& loop, const net::ResolverOptions& options,
                         std::span<const model::DnsTarget> names, base::Duration patience,
                         std::function<void()> done)
    : resolver_(loop, options),
      done_(std::move(done)),
      patience_(loop.timers(), this, [](void* self) { static_cast<NameLookups*>(self)->end(); }) {
  for (const model::DnsTarget& name : names) waiting_.try_emplace(key_of(name));
  for (auto& [key, query] : waiting_) {
    query = resolver_.query(key.first, key.second ? Kind::services : Kind::addresses,
                            [this, key = key](Answer answer) {
                              answers_.emplace(key, std::move(answer));
                              waiting_.erase(key);
                              if (waiting_.empty()) end();
                            });
  }
  patience_.set(loop.now() + patience);
}

const NameLookups::Answer* NameLookups::find(const model::DnsTarget& name) const {
  const auto found = answers_.find(key_of(name));
  return found == answers_.end() ? nullptr : &found->second;
}

void NameLookups::end() {
  waiting_.clear();
  patience_.clear();
  const auto done = std::exchange(done_, nullptr);
  if (done) done();
}

}  // namespace weir::server
