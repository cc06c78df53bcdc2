#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lb/balance/round_robin.h"
#include "lb/observe/registry.h"
#include "lb/proxy/target.h"

namespace weir::proxy {

// One target group as one worker knows it: its targets and the state of its balancing.
class Group {
 public:
  Group(TargetContext& context, const model::TargetGroup& settings, unsigned worker,
        observe::Registry& registry, base::Random& random);

  // The place of the next target that is not in `tried`; absent: there is none.
  std::optional<std::size_t> pick(std::span<const std::size_t> tried) { return policy_.pick(tried); }
  Target& target(std::size_t place) { return *targets_[place]; }

  const model::TargetGroup& settings() const { return settings_; }
  observe::GroupCounters& counters() { return *counters_; }
  void close_idle();

 private:
  const model::TargetGroup settings_;
  std::shared_ptr<observe::GroupCounters> counters_;
  std::vector<std::unique_ptr<Target>> targets_;
  balance::RoundRobin policy_;
};

}  // namespace weir::proxy
