#include "lb/server/target_directory.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/log.h"

namespace weir::server {

using admin::Refusal;
using balance::Slot;

namespace {

namespace log = base::log;

// Changes that come closer together reach the workers together.
constexpr base::Duration kPublishEvery = std::chrono::milliseconds(5);
constexpr std::size_t kEventsKept = 1000;

bool is_forwarded_to(const model::Snapshot& snapshot, const std::string& group) {
  return std::ranges::any_of(snapshot.listeners, [&](const model::Listener& listener) {
    return model::forwards_to(listener, group);
  });
}

constexpr unsigned kSlotBits = 32;
probe::ProbeId id_of(std::size_t group, Slot slot) {
  return static_cast<probe::ProbeId>(group) << kSlotBits | slot;
}

std::string sentence(const admin::Event& event) {
  std::string text = event.target_group.empty() ? "zone " + event.zone
                                                : fmt::format("target group {}{}{}", event.target_group,
                                                              event.target.empty() ? "" : ": ", event.target);
  if (!event.target_group.empty() && !event.zone.empty()) text += fmt::format(" ({})", event.zone);
  text += event.from.empty() ? ": " + event.to : fmt::format(": {} -> {}", event.from, event.to);
  if (!event.reason.empty()) text += ", " + event.reason;
  if (!event.detail.empty()) text += ", " + event.detail;
  return text;
}

bool is_bad_news(const admin::Event& event) {
  static const std::set<std::string_view> bad_states = {"unhealthy", "ejected",    "nxdomain",
                                                        "empty",     "failed",     "truncated",
                                                        "partial",   "fails open", "refuses all requests"};
  return bad_states.contains(event.to);
}

}  // namespace

TargetDirectory::TargetDirectory(wire::Context& context, const model::Snapshot& snapshot, unsigned workers,
                                 const std::string& state_dir)
    : context_(context),
      loop_(context.loop),
      state_file_(state_dir),
      resolvers_(snapshot.process.resolvers.value_or(std::vector<base::SocketAddress>())),
      timer_(loop_.timers(), this, [](void* self) { static_cast<TargetDirectory*>(self)->on_time(); }) {
  for (const model::TargetGroup& group : snapshot.target_groups) {
    const GroupContext standing{snapshot.process.zone, workers, is_forwarded_to(snapshot, group.name)};
    by_name_.emplace(group.name, entries_.size());
    checks_.push_back(group.health_check ? std::make_shared<const model::HealthCheck>(*group.health_check)
                                         : nullptr);
    entries_.emplace_back(group, standing, moment());
  }
  restore(state_file_.load());
}

TargetDirectory::~TargetDirectory() = default;

Moment TargetDirectory::moment() const { return {loop_.now(), loop_.clock().wall()}; }

std::vector<proxy::GroupSetup> TargetDirectory::setups() {
  std::vector<proxy::GroupSetup> setups;
  for (Entry& entry : entries_) setups.push_back({entry.control.shared(), entry.control.view(moment())});
  return setups;
}

void TargetDirectory::start(Workers workers, std::function<void()> on_event) {
  workers_ = std::move(workers);
  on_event_ = std::move(on_event);
  prober_ = std::make_unique<probe::Prober>(
      context_, base::Random::from_system(),
      [this](probe::ProbeId id, const health::ProbeResult& result) { on_probe(id, result); });
  for (std::size_t group = 0; group < entries_.size(); ++group) advance(group);
  start_dns();
  arm();
}

void TargetDirectory::start_dns() {
  DnsTargets::Outlets outlets{
      .control = [this](std::size_t group) -> auto& { return entries_[group].control; },
      .changed =
          [this](std::size_t group) {
            restore_drains(group);
            advance(group);
          },
      .tell = [this](admin::Event event) { tell(std::move(event)); },
      .moment = [this] { return moment(); }};  // namespace weir::server
  for (std::size_t group = 0; group < entries_.size(); ++group) {
    for (const model::DnsTarget& name : entries_[group].control.settings().dns_targets) {
      if (!dns_)
        dns_ = std::make_unique<DnsTargets>(loop_, net::ResolverOptions{.servers = resolvers_}, outlets);
      dns_->add(group, name);
    }
  }
}

void TargetDirectory::stop() {
  dns_.reset();
  prober_.reset();
  timer_.clear();
}

// --- what happens

void TargetDirectory::on_probe(probe::ProbeId id, const health::ProbeResult& result) {
  const std::size_t group = id >> kSlotBits;
  entries_[group].control.on_probe(static_cast<Slot>(id), result, moment());
  advance(group);
}

explain::KnownGroup TargetDirectory::known(const std::string& group) const {
  const GroupControl& control = entries_[by_name_.at(group)].control;
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
  entries_[found->second].control.on_failing(failing, moment());
  advance(found->second);
}

void TargetDirectory::on_time() {
  const Moment at = moment();
  expire_shifts();
  for (std::size_t group = 0; group < entries_.size(); ++group) {
    if (entries_[group].control.next_time() <= at.now) entries_[group].control.on_time(at);
    advance(group);
  }
  arm();
}

// When this group has to be looked at again.
base::Instant TargetDirectory::due(std::size_t group) const {
  const Entry& entry = entries_[group];
  const base::Instant next = entry.control.next_time();
  return entry.control.changed() ? std::min(next, entry.published + kPublishEvery) : next;
}

void TargetDirectory::arm() {
  base::Instant next = base::kNever;
  for (std::size_t group = 0; group < entries_.size(); ++group) next = std::min(next, due(group));
  const Moment at = moment();
  for (const auto& [zone, shift] : shifts_) next = std::min(next, at.now + (shift.until - at.wall));
  timer_.set(next);
}

// Lets follow what has been decided about a group. Its next time may only bring the timer forward: what has
// become later costs a look in vain, and not one at every group after each probe.
void TargetDirectory::advance(std::size_t group) {
  if (!prober_) return;
  apply(group, entries_[group].control.take_effects());
  if (entries_[group].control.changed() && loop_.now() >= entries_[group].published + kPublishEvery)
    publish(group);
  if (const base::Instant at = due(group); at < timer_.at()) timer_.set(at);
}

// For what an operator has asked for: when the answer is there, the workers have been told.
void TargetDirectory::advance_at_once(std::size_t group) {
  advance(group);
  if (prober_ && entries_[group].control.changed()) publish(group);
}

void TargetDirectory::apply(std::size_t group, GroupControl::Effects effects) {
  const GroupControl& control = entries_[group].control;
  for (const Slot slot : effects.unprobe) prober_->remove(id_of(group, slot));
  for (const Slot slot : effects.probe) {
    if (!control.has(slot)) continue;  // gone before anybody could ask it
    prober_->add(id_of(group, slot), control.record(slot).settings().address, checks_[group]);
  }
  for (const Slot slot : effects.repaced) {
    if (control.has(slot)) prober_->set_changing(id_of(group, slot), control.changing(slot));
  }
  for (const Slot slot : effects.cut) workers_.cut(control.settings().name, slot);
  for (admin::Event& event : effects.events) tell(std::move(event));
}

void TargetDirectory::publish(std::size_t group) {
  Entry& entry = entries_[group];
  entry.published = loop_.now();
  workers_.publish(entry.control.settings().name, entry.control.view(moment()));
  apply(group, entry.control.take_effects());
}

void TargetDirectory::tell(admin::Event event) {
  event.number = ++event_number_;
  if (is_bad_news(event)) {
    log::warn("{}", sentence(event));
  } else {
    log::info("{}", sentence(event));
  }
  events_.push_back(std::move(event));
  if (events_.size() > kEventsKept) events_.pop_front();
  on_event_();
}

}  // namespace weir::server
