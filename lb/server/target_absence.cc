// What was asked of a target group through the API, while no configuration has that group: a configuration
// that is taken back, or mended within the hour, finds it as it was.

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/server/target_directory.h"

namespace weir::server {
namespace {

constexpr base::Duration kAbsence = std::chrono::hours(1);
constexpr std::size_t kMostAbsent = 100;  // groups; of more, that one goes which has been away for longest

}  // namespace

void TargetDirectory::remember(Number group) {
  const GroupControl& control = entries_.at(group).control;
  Absent absent;
  control.for_each_record([&](const TargetRecord& record) {
    if (record.drain && record.drain->leaves) return;
    if (record.owner == Owner::api) absent.registered.push_back(record.settings());
    if (record.drain) absent.drained.push_back(record.settings().address);
  });
  std::erase_if(missing_drains_, [&](const auto& missing) {
    if (missing.first != group) return false;
    absent.drained.push_back(missing.second);
    return true;
  });
  if (absent.registered.empty() && absent.drained.empty()) return;
  base::log::info("target group {}: kept for an hour, should it come back: {} registered, {} drained",
                  control.settings().name, absent.registered.size(), absent.drained.size());
  put_away(control.settings().name, std::move(absent));
}

void TargetDirectory::put_away(const std::string& group, Absent absent) {
  absent.until = moment().now + kAbsence;
  absent_.insert_or_assign(group, std::move(absent));
  if (absent_.size() <= kMostAbsent) return;
  absent_.erase(std::ranges::min_element(absent_, {}, [](const auto& one) { return one.second.until; }));
}

void TargetDirectory::add_absent(State& state) const {
  for (const auto& [group, absent] : absent_) {
    for (const model::Target& target : absent.registered) state.registrations.push_back({group, target});
    for (const base::SocketAddress& address : absent.drained) state.drains.push_back({group, address});
  }
}

// It is back.
void TargetDirectory::recall(Number group) {
  const std::string name = entries_.at(group).control.settings().name;
  const auto absent = absent_.extract(name);
  if (absent.empty()) return;
  for (const model::Target& target : absent.mapped().registered) restore_registered({name, target});
  for (const base::SocketAddress& address : absent.mapped().drained) missing_drains_.emplace(group, address);
  restore_drains(group);
}

void TargetDirectory::forget_absent() {
  const base::Instant now = moment().now;
  const auto forgotten = std::erase_if(absent_, [&](const auto& one) {
    if (one.second.until > now) return false;
    base::log::info("target group {}: what was asked of it is forgotten: it has not come back",
                    base::escape(one.first));
    return true;
  });
  if (forgotten != 0) keep();
}

}  // namespace weir::server
