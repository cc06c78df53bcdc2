#include "lb/server/target_directory.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/log.h"
#include "lb/server/event_line.h"

namespace weir::server {

using admin::Refusal;
using balance::Slot;

namespace {

namespace log = base::log;

// Changes that come closer together reach the workers together.
constexpr base::Duration kPublishEvery = std::chrono::milliseconds(5);

constexpr unsigned kSlotBits = 32;
probe::ProbeId id_of(std::size_t group, Slot slot) {
  return static_cast<probe::ProbeId>(group) << kSlotBits | slot;
}

// For the checks of a group.
probe::Outset outset_of(const proxy::GroupSettings& settings) {
  const auto& tls = settings.model.tls;
  return {.tls = settings.tls,
          .server_name = tls ? tls->server_name : std::nullopt,
          .proxy = settings.proxy_version(),
          .http2 = settings.model.http2.has_value()};
}

}  // namespace

TargetDirectory::TargetDirectory(wire::Context& context, const Configuration& configuration, unsigned workers)
    : context_(context),
      loop_(context.loop),
      workers_count_(workers),
      latency_(observe::LatencyBuckets::make(configuration.snapshot->admin.latency_buckets)),
      state_file_(configuration.snapshot->process.state_dir),
      resolvers_(configuration.snapshot->process.resolvers.value_or(std::vector<base::SocketAddress>())),
      timer_(loop_.timers(), this, [](void* self) { static_cast<TargetDirectory*>(self)->on_time(); }) {
  for (const model::TargetGroup& group : configuration.snapshot->target_groups) {
    add_group(configuration, group);
  }
  restore(state_file_.load());
}

TargetDirectory::~TargetDirectory() = default;

Moment TargetDirectory::moment() const { return {loop_.now(), loop_.clock().wall()}; }

std::vector<proxy::GroupSetup> TargetDirectory::setups() {
  std::vector<proxy::GroupSetup> setups;
  for (const Number group : order_) {
    GroupControl& control = entries_.at(group).control;
    setups.push_back({control.shared_settings(), control.shared(), control.view(moment())});
  }
  return setups;
}

void TargetDirectory::start(Workers workers, std::function<void()> on_event) {
  workers_ = std::move(workers);
  on_event_ = std::move(on_event);
  prober_ = std::make_unique<probe::Prober>(
      context_, base::Random::from_system(),
      [this](probe::ProbeId id, const health::ProbeResult& result) { on_probe(id, result); });
  for (const Number group : order_) advance(group);
  for (const auto& [group, names] : names_) dns().set_names(group, names, nullptr);
  arm();
}

DnsTargets& TargetDirectory::dns() {
  if (dns_) return *dns_;
  DnsTargets::Outlets outlets{.control = [this](Number group) -> auto& { return entries_.at(group).control; },
                              .changed =
                                  [this](Number group) {
                                    if (release_file_targets(group)) keep();
                                    restore_awaited(group);
                                    restore_drains(group);
                                    advance(group);
                                  },
                              .tell = [this](admin::Event event) { tell(std::move(event)); },
                              .moment = [this] { return moment(); }};
  dns_ = std::make_unique<DnsTargets>(loop_, net::ResolverOptions{.servers = resolvers_}, std::move(outlets));
  return *dns_;
}

void TargetDirectory::stop() {
  dns_.reset();
  prober_.reset();
  timer_.clear();
}

// --- what happens

void TargetDirectory::on_probe(probe::ProbeId id, const health::ProbeResult& result) {
  const Number group = id >> kSlotBits;
  entries_.at(group).control.on_probe(static_cast<Slot>(id), result, moment());
  advance(group);
}

explain::KnownGroup TargetDirectory::known(const std::string& group) const {
  const GroupControl& control = entries_.at(by_name_.at(group)).control;
  explain::KnownGroup known{.view = control.copied_view(moment()), .targets = {}};
  known.targets.resize(known.view.members->size());
  for (Slot slot = 0; slot < known.targets.size(); ++slot) {
    if (!control.has(slot)) continue;
    admin::TargetStatus status = control.target_status(slot, moment(), 0);
    known.targets[slot] = {std::move(status.state), std::move(status.reason), std::move(status.detail),
                           status.until, status.zone_shifted};
  }
  return known;
}

void TargetDirectory::on_failing(const proxy::FailingTarget& failing) {
  const auto found = by_name_.find(failing.group);
  if (found == by_name_.end() || !prober_) return;
  entries_.at(found->second).control.on_failing(failing, moment());
  advance(found->second);
}

void TargetDirectory::on_time() {
  const Moment at = moment();
  expire_shifts();
  forget_absent();
  for (const Number group : std::vector<Number>(order_)) {
    GroupControl& control = entries_.at(group).control;
    if (control.next_time() <= at.now) control.on_time(at);
    if (advance_leaving(group)) advance(group);
  }
  arm();
}

// When this group has to be looked at again.
base::Instant TargetDirectory::due(Number group) const {
  const Entry& entry = entries_.at(group);
  const base::Instant next = std::min(entry.control.next_time(), entry.leaves_at);
  return entry.control.changed() ? std::min(next, entry.published + kPublishEvery) : next;
}

void TargetDirectory::arm() {
  base::Instant next = base::kNever;
  for (const Number group : order_) next = std::min(next, due(group));
  const Moment at = moment();
  for (const auto& [zone, shift] : shifts_) next = std::min(next, at.now + (shift.until - at.wall));
  for (const auto& [group, absent] : absent_) next = std::min(next, absent.until);
  timer_.set(next);
}

// Lets follow what has been decided about a group. Its next time may only bring the timer forward: what has
// become later costs a look in vain, and not one at every group after each probe.
void TargetDirectory::advance(Number group) {
  if (!prober_) return;
  Entry& entry = entries_.at(group);
  take_effect(group, entry.control.take_effects());
  if (entry.control.changed() && loop_.now() >= entry.published + kPublishEvery) publish(group);
  if (const base::Instant at = due(group); at < timer_.at()) timer_.set(at);
}

// For what an operator has asked for: when the answer is there, the workers have been told.
void TargetDirectory::advance_at_once(Number group) {
  advance(group);
  if (prober_ && entries_.at(group).control.changed()) publish(group);
}

void TargetDirectory::take_effect(Number group, GroupControl::Effects effects) {
  const Entry& entry = entries_.at(group);
  const GroupControl& control = entry.control;
  for (const Slot slot : effects.unprobe) prober_->remove(id_of(group, slot));
  for (const Slot slot : effects.probe) {
    if (!control.has(slot)) continue;  // gone before anybody could ask it
    prober_->add(id_of(group, slot), control.record(slot).settings().address, entry.check,
                 outset_of(*control.shared_settings()));
  }
  for (const Slot slot : effects.repaced) {
    if (control.has(slot)) prober_->set_changing(id_of(group, slot), control.changing(slot));
  }
  for (const Slot slot : effects.cut) workers_.cut(control.settings().name, slot);
  for (admin::Event& event : effects.events) tell(std::move(event));
}

void TargetDirectory::publish(Number group) {
  Entry& entry = entries_.at(group);
  entry.published = loop_.now();
  workers_.publish(entry.control.settings().name, entry.control.view(moment()));
  take_effect(group, entry.control.take_effects());
}

void TargetDirectory::tell(admin::Event event) {
  if (held_) return held_events_.push_back(std::move(event));
  const std::string line = fmt::format("{} {}", sentence(event), event_fields(event));
  if (is_bad_news(event)) {
    log::warn("{}", line);
  } else {
    log::info("{}", line);
  }
  tell_event(std::move(event));
}

void TargetDirectory::tell_event(admin::Event event) {
  event.number = ++event_number_;
  const auto kind = std::ranges::find(observe::kEventKinds, event.kind);
  if (kind != observe::kEventKinds.end())
    ++event_counts_[static_cast<std::size_t>(kind - observe::kEventKinds.begin())];
  events_.add(std::move(event));
  on_event_();
}

}  // namespace weir::server
