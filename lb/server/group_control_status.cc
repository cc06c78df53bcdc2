// What an operator is told about a group.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "lb/server/group_control.h"

namespace weir::server {

using balance::Slot;

namespace {

std::string last_failure(const health::ProbeHistory& history) {
  for (std::size_t i = history.size(); i > 0; --i) {
    const health::ProbeResult probe = history[i - 1];
    if (!probe.passed()) return fmt::format("{}: {}", word(probe.phase), probe.detail);
  }
  return "";
}

}  // namespace

void GroupControl::tell(const Moment& at, const char* kind, const TargetRecord& record, std::string_view from,
                        std::string_view to, std::string_view reason, std::string detail) {
  const model::Target& target = record.settings();
  effects_.events.push_back({.at = at.wall,
                             .kind = kind,
                             .target_group = settings().name,
                             .target = target.id,
                             .zone = target.zone,
                             .from = std::string(from),
                             .to = std::string(to),
                             .reason = std::string(reason),
                             .detail = std::move(detail)});
}

void GroupControl::tell_fail_open(const Moment& at, bool before) {
  if (set_->fail_open == before || !context_.in_use) return;
  const char* const open = settings().fail_open.refuse ? "refuses all requests" : "fails open";
  effects_.events.push_back({.at = at.wall,
                             .kind = "fail_open",
                             .target_group = settings().name,
                             .from = before ? open : "",
                             .to = before ? "serves by health" : open,
                             .detail = fmt::format("{} of {} healthy", set_->usable, set_->counted)});
}

// What counts when a pick is made, but for the zones' parts.
double GroupControl::effective_weight(Slot slot, base::Instant now) const {
  const TargetRecord& record = *records_[slot];
  const balance::Standing standing = standing_of(record, ejected(slot), settled_);
  const bool open = set_ && set_->fail_open;
  const bool served = open ? !settings().fail_open.refuse && (standing == balance::Standing::usable ||
                                                              standing == balance::Standing::failed)
                           : standing == balance::Standing::usable;
  return served && in_reach(record) ? record.settings().weight * ramp(record, now) : 0;
}

admin::TargetStatus GroupControl::target_status(Slot slot, const Moment& at, std::size_t probes) const {
  const TargetRecord& record = *records_[slot];
  const model::Target& target = record.settings();
  const TargetWord state = word_of(record, context_.in_use, ejected(slot));
  admin::TargetStatus status{
      .id = target.id,
      .address = target.address.to_string(),
      .zone = target.zone,
      .owner = std::string(word(record.owner)),
      .state = std::string(word(state)),
      .since = record.health.since(),
      .weight = target.weight,
      .effective_weight = effective_weight(slot, at.now),
      .outstanding = record.outstanding(),
      .max_requests = target.max_requests,
      .zone_shifted = record.shifted,
      .checks_passed = record.health.passes(),
      .checks_failed = record.health.failures(),
      .ejections = std::accumulate(record.ejections.begin(), record.ejections.end(), std::uint64_t{0})};
  status.reason = std::string(health::code(record.health.reason()));
  switch (state) {
    case TargetWord::unused: status.reason = health::code(health::ReasonCode::not_in_use); break;
    case TargetWord::draining:
      status.reason = health::code(health::ReasonCode::deregistration_in_progress);
      status.since = record.drain->at;
      status.until = record.drain->at + (record.drain->until - record.drain->since);
      status.sessions = record.sessions(at.now);
      break;
    case TargetWord::ejected: {
      const health::Ejection ejection = *outliers_->ejection(slot);
      status.reason = word(ejection.reason);
      status.since = record.ejected_at;
      status.until = record.ejected_at + (ejection.until - ejection.since);
      break;
    }
    default: break;
  }
  const health::ProbeHistory& history = record.health.history();
  for (std::size_t i = history.size() - std::min(probes, history.size()); i < history.size(); ++i) {
    status.probes.push_back(probe_status(history[i]));
  }
  if (state == TargetWord::unhealthy) status.detail = last_failure(history);
  return status;
}

admin::GroupStatus GroupControl::summary() const {
  admin::GroupStatus status{.name = settings().name,
                            .algorithm = std::string(model::word(settings().algorithm)),
                            .in_use = context_.in_use,
                            .ready = settled_};
  if (set_) {
    status.can_serve = !set_->shares.empty();
    status.fail_open = set_->fail_open;
    status.healthy = set_->usable;
    status.counted = set_->counted;
  }
  return status;
}

admin::GroupStatus GroupControl::status(const Moment& at, std::size_t probes) const {
  admin::GroupStatus status = summary();
  status.targets.reserve(by_address_.size());
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    if (records_[slot]) status.targets.push_back(target_status(slot, at, probes));
  }
  return status;
}

observe::GroupFact GroupControl::fact(const Moment& at) const {
  observe::GroupFact fact{.name = settings().name,
                          .fail_open = set_ && set_->fail_open,
                          .check_durations = check_durations(),
                          .targets = {}};
  fact.targets.reserve(by_address_.size());
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    if (!records_[slot]) continue;
    const TargetRecord& record = *records_[slot];
    fact.targets.push_back(
        {.zone = record.settings().zone,
         .target = record.settings().id,
         .state = static_cast<std::size_t>(word_of(record, context_.in_use, ejected(slot))),
         .weight = effective_weight(slot, at.now),
         .checks_passed = record.health.passes(),
         .checks_failed = record.health.failures(),
         .ejections = record.ejections,
         .sessions = record.drain ? record.sessions(at.now) : std::nullopt});
  }
  return fact;
}

}  // namespace weir::server
