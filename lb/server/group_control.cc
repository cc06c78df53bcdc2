#include "lb/server/group_control.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/health/probe_result.h"

namespace weir::server {

using balance::Slot;

namespace {

constexpr base::Duration kDrainStep = std::chrono::milliseconds(100);

// "connect: Connection refused", and where, if that is not where requests go.
std::string evidence(const health::ProbeResult& result, const model::HealthCheck& check) {
  const std::string port = check.port ? fmt::format("port {}, ", *check.port) : "";
  return fmt::format("{}{}: {}", port, word(result.phase), result.detail);
}

health::EjectionReason reason_of(health::PassiveKind kind) {
  return kind == health::PassiveKind::local ? health::EjectionReason::consecutive_local
                                            : health::EjectionReason::consecutive_answered;
}

}  // namespace

GroupControl::GroupControl(std::shared_ptr<const proxy::GroupSettings> its_settings,
                           std::span<const model::Target> targets, const GroupContext& context,
                           const Moment& at)
    : settings_(std::move(its_settings)),
      context_(context),
      shared_(std::make_shared<proxy::GroupShared>(context.workers, settings())),
      check_durations_(context.latency),
      settle_by_(at.now) {
  if (settings().outlier_detection) outliers_.emplace(*settings().outlier_detection);
  if (probed()) settle_by_ += settings().health_check->timeout + kSettleSlack;
  for (const model::Target& target : targets) add(target, Owner::file, at);
  settle_if_due(at.now);
}

// --- membership

balance::Zone GroupControl::zone_of(const std::string& name) {
  if (name.empty()) return balance::kNoZone;
  const auto found = std::ranges::find(zones_, name);
  if (found == zones_.end()) zones_.push_back(name);
  return static_cast<balance::Zone>(std::ranges::find(zones_, name) - zones_.begin());
}

Slot GroupControl::add(const model::Target& target, Owner owner, const Moment& at) {
  const Slot slot = free_slot();
  auto entry = std::make_shared<const proxy::TargetEntry>(
      target, std::make_shared<proxy::TargetState>(context_.workers),
      proxy::new_session_count(settings().stickiness.has_value()), zone_of(target.zone));
  records_[slot].emplace(
      TargetRecord{.entry = std::move(entry),
                   .owner = owner,
                   .health = probed() ? health::HealthState(at.wall) : health::HealthState::trusted(at.wall),
                   .shifted = shifted_.contains(target.zone)});
  by_address_.emplace(target.address, slot);
  if (probed()) ++unjudged_;
  set_limit(*records_[slot], at.now);
  if (outliers_) outliers_->add(slot);
  if (last_totals_.size() < records_.size()) last_totals_.resize(records_.size());
  last_totals_[slot] = {};
  arm_success_rates(at);
  if (probed()) effects_.probe.push_back(slot);
  if (owner != Owner::file) tell(at, "membership", *records_[slot], "", "registered", word(owner), "");
  members_changed();
  return slot;
}

Slot GroupControl::free_slot() {
  if (free_.empty()) {
    records_.emplace_back();
    return static_cast<Slot>(records_.size() - 1);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  return slot;
}

std::optional<Slot> GroupControl::find(const base::SocketAddress& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Slot> GroupControl::find(const std::string& address_or_id) const {
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    if (!records_[slot]) continue;
    const model::Target& target = records_[slot]->settings();
    if (target.id == address_or_id || target.address.to_string() == address_or_id) return slot;
  }
  return std::nullopt;
}

void GroupControl::change(Slot slot, const model::Target& target, Owner owner, const Moment& at) {
  TargetRecord& record = *records_[slot];
  if (const model::Target& before = record.settings();
      before.weight != target.weight || before.max_requests != target.max_requests) {
    const auto limit = [](const model::Target& one) {
      return one.max_requests ? fmt::format(", max_requests {}", *one.max_requests) : std::string();
    };
    tell(at, "membership", record, "", "changed", word(owner),
         fmt::format("weight {}{} -> weight {}{}", before.weight, limit(before), target.weight,
                     limit(target)));
  }
  record.owner = owner;
  record.entry = std::make_shared<const proxy::TargetEntry>(target, record.entry->state,
                                                            record.entry->sessions, zone_of(target.zone));
  record.shifted = shifted_.contains(target.zone);
  set_limit(record, at.now);
  members_changed();
}

void GroupControl::remove(Slot slot, const Moment& at) {
  begin_leaving(slot, at);
  advance_drains(at);
}

void GroupControl::remove_all(const Moment& at) {
  for_each([&](Slot slot, TargetRecord&) { begin_leaving(slot, at); });
  advance_drains(at);
}

void GroupControl::begin_leaving(Slot slot, const Moment& at) {
  drain(slot, at);
  records_[slot]->drain->leaves = true;
}

void GroupControl::drain(Slot slot, const Moment& at) {
  TargetRecord& record = *records_[slot];
  if (record.drain) return;
  const std::string_view before = word(word_of(record, context_.in_use, ejected(slot)));
  record.drain = Drain{.since = at.now, .until = at.now + settings().drain, .at = at.wall};
  record.ramp_since = base::kNever;
  drains_at_ = std::min(drains_at_, at.now + kDrainStep);
  changed_ = true;
  tell(at, "drain", record, before, "draining", code(health::ReasonCode::deregistration_in_progress),
       fmt::format("{} in flight", record.outstanding()));
}

void GroupControl::undrain(Slot slot, const Moment& at) {
  TargetRecord& record = *records_[slot];
  if (!record.drain) return;
  record.drain.reset();
  begin_ramp(slot, at.now);
  changed_ = true;
  tell(at, "drain", record, "draining", word(word_of(record, context_.in_use, ejected(slot))), "", "");
}

void GroupControl::set_shifted(const std::set<std::string>& zones, const Moment& at) {
  shifted_ = zones;
  for_each([&](Slot slot, TargetRecord& record) {
    const bool shifted = zones.contains(record.settings().zone);
    if (shifted == record.shifted) return;
    record.shifted = shifted;
    if (!shifted) begin_ramp(slot, at.now);
    changed_ = true;
  });
}

bool GroupControl::usable_without(const std::set<std::string>& zones) const {
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    if (!records_[slot] || !in_reach(*records_[slot]) || zones.contains(records_[slot]->settings().zone)) {
      continue;
    }
    TargetRecord record = *records_[slot];
    record.shifted = false;
    if (record.settings().weight != 0 &&
        standing_of(record, ejected(slot), settled_) == balance::Standing::usable) {
      return true;
    }
  }
  return false;
}

bool GroupControl::in_reach(const TargetRecord& record) const {
  return settings().cross_zone != model::CrossZone::off || context_.own_zone.empty() ||
         record.settings().zone == context_.own_zone;
}

void GroupControl::members_changed() {
  members_ = nullptr;
  changed_ = true;
}

void GroupControl::leave(Slot slot, const Moment& at) {
  tell(at, "membership", *records_[slot], "draining", "deregistered", "", "");
  effects_.unprobe.push_back(slot);
  if (outliers_) {
    for (const Slot lifted : outliers_->remove(slot)) ejection_ended(lifted, at, "the group has shrunk");
  }
  if (records_[slot]->health.health() == health::Health::initial) --unjudged_;
  by_address_.erase(records_[slot]->settings().address);
  records_[slot].reset();
  free_.push_back(slot);
  members_changed();
}

// --- what happens

void GroupControl::on_probe(Slot slot, const health::ProbeResult& result, const Moment& at) {
  if (!has(slot) || !probed()) return;
  TargetRecord& record = *records_[slot];
  record.seen = true;
  check_durations_.observe(result.took);
  const bool was_changing = record.health.changing();
  const bool had_failed = record.health.failures() != 0;
  const health::Health before = record.health.health();
  const bool turned = record.health.record(result, *settings().health_check);
  if (record.health.changing() != was_changing) effects_.repaced.push_back(slot);
  if (turned || (!settled_ && had_failed != (record.health.failures() != 0))) changed_ = true;
  if (turned) {
    if (before == health::Health::initial) --unjudged_;
    if (record.health.health() == health::Health::healthy) begin_ramp(slot, at.now);
    tell(at, "health", record, word(before), word(record.health.health()), code(record.health.reason()),
         result.passed() ? "" : evidence(result, *settings().health_check));
  }
  if (result.passed() && outliers_ && outliers_->on_check_passed(slot, at.now)) {
    ejection_ended(slot, at, "a check has passed");
  }
  settle_if_due(at.now);
}

void GroupControl::on_failing(const proxy::FailingTarget& failing, const Moment& at) {
  if (!has(failing.slot) || !outliers_) return;
  if (records_[failing.slot]->entry->state != failing.state) return;
  failing.state->passive.next_generation();
  if (!outliers_->eject(failing.slot, reason_of(failing.kind), at.now)) return;
  ejected_now(failing.slot, at, "the last of a row: " + failing.last);
}

void GroupControl::ejected_now(Slot slot, const Moment& at, const std::string& evidence) {
  TargetRecord& record = *records_[slot];
  const health::Ejection ejection = *outliers_->ejection(slot);
  ++record.ejections[static_cast<std::size_t>(ejection.reason)];
  record.ejected_at = at.wall;
  record.ramp_since = base::kNever;
  changed_ = true;
  tell(at, "ejection", record, word(record.health.health()), "ejected", word(ejection.reason),
       fmt::format("for {} s, ejection {} in a row; {}",
                   std::chrono::duration<double>(ejection.until - ejection.since).count(), ejection.count,
                   evidence));
}

void GroupControl::ejection_ended(Slot slot, const Moment& at, const char* why) {
  TargetRecord& record = *records_[slot];
  record.entry->state->passive.next_generation();
  begin_ramp(slot, at.now);
  changed_ = true;
  tell(at, "ejection", record, "ejected", word(record.health.health()), "", why);
}

void GroupControl::settle_if_due(base::Instant now) {
  if (settled_) return;
  const bool all = unjudged_ == 0 && !by_address_.empty();
  if (!all && now < settle_by_) return;
  settled_ = true;
  changed_ = true;
}

void GroupControl::judge_success_rates(const Moment& at) {
  judge_at_ = at.now + settings().outlier_detection->success_rate->interval;
  std::vector<health::OutlierDetector::Sample> samples;
  for_each([&](Slot slot, TargetRecord& record) {
    const auto totals = record.entry->state->passive.totals();
    const auto before = std::exchange(last_totals_[slot], totals);
    samples.push_back({slot, totals.requests - before.requests, totals.successes - before.successes});
  });
  for (const Slot slot : outliers_->judge_success_rates(samples, at.now)) {
    records_[slot]->entry->state->passive.next_generation();
    const auto sample = std::ranges::find(samples, slot, &health::OutlierDetector::Sample::slot);
    ejected_now(
        slot, at,
        fmt::format("{} of {} requests failed", sample->requests - sample->successes, sample->requests));
  }
}

// --- time

base::Instant GroupControl::next_time() const {
  base::Instant next = std::min({judge_at_, ramp_at_, drains_at_});
  if (!settled_) next = std::min(next, settle_by_);
  return outliers_ ? std::min(next, outliers_->next_release()) : next;
}

void GroupControl::on_time(const Moment& at) {
  settle_if_due(at.now);
  if (outliers_) {
    for (const Slot slot : outliers_->release(at.now)) ejection_ended(slot, at, "its time is over");
  }
  if (at.now >= judge_at_) judge_success_rates(at);
  if (at.now >= drains_at_) advance_drains(at);
  if (at.now >= ramp_at_) advance_ramps(at.now);
}

void GroupControl::advance_drains(const Moment& at) {
  drains_at_ = base::kNever;
  for_each([&](Slot slot, TargetRecord& record) {
    if (!record.drain) return;
    if (at.now >= record.drain->until && !record.drain->cut) {
      record.drain->cut = true;
      if (record.outstanding() != 0) effects_.cut.push_back(slot);
      changed_ = changed_ || settings().stickiness;
    }
    if (record.drain->leaves && (record.drain->cut || record.idle(at.now))) return leave(slot, at);
    if (!record.drain->cut || record.drain->leaves) drains_at_ = at.now + kDrainStep;
  });
}

// --- what follows

GroupControl::Effects GroupControl::take_effects() { return std::exchange(effects_, {}); }

balance::Member GroupControl::member(Slot slot, base::Instant now) const {
  if (!records_[slot]) return {.standing = balance::Standing::absent};
  const TargetRecord& record = *records_[slot];
  balance::Member member = proxy::member_of(*record.entry);
  member.ramp = ramp(record, now);
  member.standing = standing_of(record, ejected(slot), settled_);
  return member;
}

balance::SetSettings GroupControl::set_settings() const {
  balance::SetSettings result{.algorithm = settings().algorithm,
                              .cross_zone = settings().cross_zone,
                              .own_zone = balance::kNoZone,
                              .fail_open = settings().fail_open};
  if (context_.own_zone.empty()) return result;
  const auto own = std::ranges::find(zones_, context_.own_zone);
  result.own_zone = static_cast<balance::Zone>(own - zones_.begin());  // one that no target has, if need be
  return result;
}

// Whether a client that is bound to this target stays there.
sticky::Fitness GroupControl::fitness(Slot slot) const {
  using sticky::Fitness;
  if (!records_[slot]) return Fitness::gone;
  const TargetRecord& record = *records_[slot];
  if (record.drain && record.drain->cut) return Fitness::gone;
  if (record.shifted || !in_reach(record)) return Fitness::elsewhere;
  const bool open = set_ && set_->fail_open && !settings().fail_open.refuse;
  if (!open && ejected(slot)) return Fitness::ejected;
  if (!open && !is_trusted(record, settled_)) return Fitness::unhealthy;
  return record.drain ? Fitness::draining : Fitness::usable;
}

std::shared_ptr<const proxy::Bindings> GroupControl::bindings() const {
  auto bindings = std::make_shared<proxy::Bindings>();
  bindings->reserve(records_.size());
  for (Slot slot = 0; slot < records_.size(); ++slot) bindings->push_back(fitness(slot));
  return bindings;
}

proxy::GroupView GroupControl::view(const Moment& at) {
  changed_ = false;
  if (!members_) {
    proxy::Members::Entries entries;
    entries.reserve(records_.size());
    for (const auto& record : records_) entries.push_back(record ? record->entry : nullptr);
    members_ = std::make_shared<const proxy::Members>(std::move(entries), settings().stickiness.has_value());
  }
  std::vector<balance::Member> balanced;
  balanced.reserve(records_.size());
  for (Slot slot = 0; slot < records_.size(); ++slot) balanced.push_back(member(slot, at.now));
  const bool before = set_ && set_->fail_open;
  set_ = balance::build_target_set(balanced, set_settings(), set_.get());
  tell_fail_open(at, before);
  return {members_, set_, settings().stickiness ? bindings() : nullptr};
}

proxy::GroupView GroupControl::copied_view(const Moment& at) const {
  proxy::Members::Entries entries;
  std::vector<balance::Member> balanced;
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    entries.push_back(records_[slot] ? proxy::copy_of(*records_[slot]->entry) : nullptr);
    balanced.push_back(member(slot, at.now));
    if (entries.back()) balanced.back().load = &entries.back()->state->load;
  }
  return {.members =
              std::make_shared<const proxy::Members>(std::move(entries), settings().stickiness.has_value()),
          .targets = balance::build_target_set(balanced, set_settings(), set_.get()),
          .bindings = settings().stickiness ? bindings() : nullptr};
}

}  // namespace weir::server
