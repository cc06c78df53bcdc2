#include "lb/server/rollback_guard.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::server {
namespace {

std::uint64_t errors_between(const TrafficSample& from, const TrafficSample& to) {
  const std::uint64_t outlived = to.outlived - from.outlived;
  return std::max(to.errors - from.errors, outlived) - outlived;
}

}  // namespace

void RollbackGuard::set(const std::optional<model::Rollback>& settings) {
  if (settings == settings_) return;
  settings_ = settings;
  if (settings_) return;
  seen_.clear();
  reload_.reset();
}

bool RollbackGuard::over_limit(const TrafficSample& from, const TrafficSample& to) const {
  // What was counted for a listener that is gone is forgotten some time: such a difference says nothing.
  if (to.requests < from.requests || to.errors < from.errors) return false;
  const std::uint64_t requests = to.requests - from.requests;
  const std::uint64_t errors = errors_between(from, to);
  return errors >= kLeastErrors &&
         static_cast<double>(errors) * 100 > settings_->error_rate * static_cast<double>(requests);
}

std::optional<std::string> RollbackGuard::look(const TrafficSample& sample, base::Instant now) {
  if (!settings_) return std::nullopt;
  seen_.push_back({now, sample});
  while (seen_.front().at < now - settings_->window) seen_.pop_front();
  if (!reload_) return std::nullopt;
  if (now > reload_->until) {
    reload_.reset();
    return std::nullopt;
  }
  const TrafficSample& before = reload_->since;
  if (reload_->failed_before || !over_limit(before, sample)) return std::nullopt;
  return fmt::format("{} of {} requests since the reload were answered with a 5xx by weir, more than {:g} %",
                     errors_between(before, sample), sample.requests - before.requests,
                     settings_->error_rate);
}

void RollbackGuard::reloaded(const TrafficSample& sample, base::Instant now) {
  if (!settings_) return;
  const base::Instant until = now + settings_->window;
  if (reload_ && now <= reload_->until) {
    reload_->until = until;
    return;
  }
  const bool failed_before = !seen_.empty() && over_limit(seen_.front().sample, sample);
  reload_ = Reload{sample, until, failed_before};
}

}  // namespace weir::server
