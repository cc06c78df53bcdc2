#pragma once

#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "lb/model/target_group.h"
#include "lb/net/loop.h"
#include "lb/net/resolver.h"

namespace weir::server {

// The DNS names of a configuration that is to take effect, looked up ahead of it, so that their targets are
// there from its first moment. On the control thread.
class NameLookups {
 public:
  using Answer = std::expected<net::DnsAnswer, net::DnsFailure>;

  // Calls `done` once, later: when each name has an answer, or `patience` is over. It may destroy this.
  NameLookups(net::Loop& loop, const net::ResolverOptions& options, std::span<const model::DnsTarget> names,
              base::Duration patience, std::function<void()> done);
  ~NameLookups() = default;
  NameLookups(const NameLookups&) = delete;
  NameLookups& operator=(const NameLookups&) = delete;

  // Null: none has come.
  const Answer* find(const model::DnsTarget& name) const;

 private:
  using Key = std::pair<std::string, bool>;  // the name, and whether its services are meant
  static Key key_of(const model::DnsTarget& name) { return {name.name, name.srv}; }
  void end();

  net::Resolver resolver_;
  std::map<Key, net::Resolver::QueryPtr> waiting_;
  std::map<Key, Answer> answers_;
  std::function<void()> done_;
  net::Deadline patience_;
};

}  // namespace weir::server
