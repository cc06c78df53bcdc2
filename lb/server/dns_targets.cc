#include "lb/server/dns_targets.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::server {

using base::SocketAddress;

namespace {

// When to look again whether an address that somebody else owns, or that is leaving, has become free.
constexpr base::Duration kLookAgain = std::chrono::seconds(1);
// How long a name that is no more waits for those that may have taken its place.
constexpr base::Duration kWaitForOthers = std::chrono::seconds(5);
// What a name had is known for as long when it is no more: it may come back while nobody answers.
constexpr base::Duration kRemembered = std::chrono::hours(1);
constexpr std::size_t kMostRemembered = 1000;

std::string_view word(DnsResult result) { return observe::kDnsResults[static_cast<std::size_t>(result)]; }

model::Target target_of(const model::DnsTarget& settings, const SocketAddress& address,
                        std::uint32_t weight) {
  model::Target target;
  target.address = address;
  target.id = address.to_string();
  target.zone = settings.zone;
  target.weight = weight;
  target.max_requests = settings.max_requests;
  return target;
}

std::string list_of(const std::vector<SocketAddress>& addresses) {
  constexpr std::size_t kShown = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(addresses.size(), kShown); ++i)
    list += (i == 0 ? "" : " ") + addresses[i].to_string();
  if (addresses.size() > kShown) list += fmt::format(" and {} more", addresses.size() - kShown);
  return list;
}

}  // namespace

struct DnsTargets::Name {
  Name(DnsTargets& targets, std::size_t of_group, const model::DnsTarget& dns)
      : owner(targets),
        group(of_group),
        settings(dns),
        membership(dns),
        timer(targets.loop_.timers(), this, [](void* self) {
          auto& name = *static_cast<Name*>(self);
          name.owner.on_time(name);
        }) {}

  DnsTargets& owner;
  const std::size_t group;
  model::DnsTarget settings;
  DnsMembership membership;
  net::Resolver::QueryPtr query = nullptr;
  net::Deadline timer;
  std::array<std::uint64_t, observe::kDnsResults.size()> refreshes{};
  bool answered = false;
  bool leaves = false;        // the configuration names it no more
  std::string_view reason{};  // why the last question had no answer; empty: it had one

  // What the last result means for its targets.
  std::string detail() const;
};

DnsTargets::DnsTargets(net::Loop& loop, const net::ResolverOptions& options, Outlets outlets)
    : loop_(loop), outlets_(std::move(outlets)), resolver_(loop, options) {}

DnsTargets::~DnsTargets() = default;

DnsTargets::Name* DnsTargets::find(std::size_t group, const model::DnsTarget& settings) const {
  const auto found = std::ranges::find_if(names_, [&](const std::unique_ptr<Name>& name) {
    return name->group == group && name->settings.name == settings.name &&
           name->settings.port == settings.port && name->settings.srv == settings.srv;
  });
  return found == names_.end() ? nullptr : found->get();
}

void DnsTargets::set_names(std::size_t group, std::span<const model::DnsTarget> names,
                           const NameLookups* known) {
  for (const auto& name : names_) {
    if (name->group != group || name->leaves) continue;
    name->leaves = true;  // until it is found among `names`
    name->timer.set(loop_.now() + kWaitForOthers);
  }
  for (const model::DnsTarget& settings : names) {
    if (Name* const there = find(group, settings); there != nullptr) {
      change(*there, settings);
      continue;
    }
    Name& name = *names_.emplace_back(std::make_unique<Name>(*this, group, settings));
    const Answer* const answer = known != nullptr ? known->find(settings) : nullptr;
    answer != nullptr ? record(name, *answer) : ask(name);
    if (name.membership.members().empty()) recall(name);
  }
  for (const auto& name : names_) {
    if (name->group == group && name->leaves) name->query = nullptr;
  }
  drop_leaving(group);
}

void DnsTargets::change(Name& name, const model::DnsTarget& settings) {
  name.leaves = false;
  if (name.settings != settings) {
    name.settings = settings;
    name.membership.set_settings(settings);
    GroupControl& control = outlets_.control(name.group);
    for (const auto& [address, member] : name.membership.members()) {
      const auto holder = holders_.find({name.group, address});
      const auto slot = control.find(address);
      if (!slot || holder == holders_.end() || holder->second != &name) continue;
      const std::uint32_t weight = settings.srv ? member.weight : settings.weight;
      control.change(*slot, target_of(settings, address, weight), Owner::dns, outlets_.moment());
    }
  }
  arm(name, hold(name));
}

void DnsTargets::take_from_file(std::size_t group) {
  GroupControl& control = outlets_.control(group);
  for (const auto& name : names_) {
    if (name->group != group || name->leaves) continue;
    for (const auto& [address, member] : name->membership.members()) {
      const auto slot = control.find(address);
      if (!slot || control.record(*slot).owner != Owner::file) continue;
      holders_[{group, address}] = name.get();
      control.change(*slot, target_of(name->settings, address, member.weight), Owner::dns, outlets_.moment());
    }
  }
}

bool DnsTargets::has_targets(std::size_t group) const {
  bool any = false;
  for (const auto& name : names_) {
    if (name->group != group || name->leaves) continue;
    if (!name->membership.members().empty()) return true;
    any = true;
  }
  return !any;
}

// Unless a name of the group waits for its first answer, or none has a target.
void DnsTargets::drop_leaving(std::size_t group) {
  const bool waits = std::ranges::any_of(names_, [group](const std::unique_ptr<Name>& name) {
    return name->group == group && !name->leaves && !name->answered;
  });
  if (waits || !has_targets(group)) return;
  for (std::size_t i = names_.size(); i-- > 0;) {
    if (names_[i]->group == group && names_[i]->leaves) drop(*names_[i]);
  }
}

void DnsTargets::drop(Name& name) {
  remember(name);
  for (const auto& [address, member] : name.membership.members()) give_up(name, address);
  name.query = nullptr;
  name.timer.clear();
  const auto at = std::ranges::find(names_, &name, &std::unique_ptr<Name>::get);
  loop_.reap(std::move(*at));  // it may be its own timer or answer that has brought this about
  names_.erase(at);
}

void DnsTargets::remember(const Name& name) {
  const base::Instant now = loop_.now();
  std::erase_if(remembered_, [now](const auto& one) { return one.second.until <= now; });
  if (name.membership.members().empty() || remembered_.size() >= kMostRemembered) return;
  remembered_.insert_or_assign({name.settings.name, name.settings.port, name.settings.srv},
                               Remembered{name.membership.members(), now + kRemembered});
}

void DnsTargets::recall(Name& name) {
  const auto known = remembered_.find({name.settings.name, name.settings.port, name.settings.srv});
  if (known == remembered_.end() || known->second.until <= loop_.now()) return;
  name.membership.adopt(known->second.members);
  hold(name);
}

std::vector<NameSnapshot> DnsTargets::snapshot(std::size_t group) const {
  std::vector<NameSnapshot> names;
  for (const auto& name : names_) {
    if (name->group != group) continue;
    names.push_back(
        {name->settings.name, name->settings.port, name->settings.srv, name->membership.members()});
  }
  return names;
}

void DnsTargets::restore(std::size_t group, std::span<const NameSnapshot> known) {
  const auto any = std::ranges::find_if(
      names_, [group](const std::unique_ptr<Name>& name) { return name->group == group && !name->leaves; });
  if (any == names_.end()) return;
  const bool empty = !has_targets(group);
  model::DnsTarget settings = (*any)->settings;
  for (const NameSnapshot& one : known) {
    settings.name = one.name;
    settings.port = one.port;
    settings.srv = one.srv;
    Name* name = find(group, settings);
    if (name == nullptr && !empty) continue;
    if (name == nullptr) {
      name = names_.emplace_back(std::make_unique<Name>(*this, group, settings)).get();
      name->leaves = true;
      name->timer.set(loop_.now() + kWaitForOthers);
    }
    name->membership.adopt(one.members);
    hold(*name);
  }
}

std::vector<observe::DnsFact> DnsTargets::facts_of(std::size_t group) const {
  std::map<std::string_view, observe::DnsFact> sums;  // a name may have several ports
  for (const auto& name : names_) {
    if (name->group != group || name->leaves) continue;
    observe::DnsFact& sum = sums[name->settings.name];
    sum.name = name->settings.name;
    for (std::size_t i = 0; i < sum.refreshes.size(); ++i) sum.refreshes[i] += name->refreshes[i];
  }
  std::vector<observe::DnsFact> facts;
  for (auto& [name, sum] : sums) facts.push_back(std::move(sum));
  return facts;
}

std::vector<admin::NameStatus> DnsTargets::status_of(std::size_t group) const {
  std::vector<admin::NameStatus> statuses;
  for (const auto& name : names_) {
    if (name->group != group || name->leaves || !name->answered) continue;
    statuses.push_back({.name = name->settings.name,
                        .result = std::string(word(name->membership.result())),
                        .reason = std::string(name->reason),
                        .detail = name->detail()});
  }
  return statuses;
}

// --- refreshes

void DnsTargets::on_time(Name& name) {
  if (name.leaves && !has_targets(name.group)) return name.timer.set(loop_.now() + kWaitForOthers);
  if (name.leaves) {
    const std::size_t group = name.group;
    drop(name);
    return outlets_.changed(group);
  }
  if (loop_.now() < name.membership.next_refresh()) {
    const bool waits = hold(name);
    outlets_.changed(name.group);
    return arm(name, waits);
  }
  ask(name);
}

void DnsTargets::ask(Name& name) {
  using Kind = net::Resolver::Kind;
  name.query = resolver_.query(name.settings.name, name.settings.srv ? Kind::services : Kind::addresses,
                               [this, &name](const Answer& answer) { on_answer(name, answer); });
}

void DnsTargets::on_answer(Name& name, const Answer& answer) {
  record(name, answer);
  drop_leaving(name.group);
  outlets_.changed(name.group);
}

void DnsTargets::record(Name& name, const Answer& answer) {
  const DnsMembership::Change change = name.membership.record(answer, loop_.now());
  ++name.refreshes[static_cast<std::size_t>(name.membership.result())];
  name.answered = true;
  name.reason = answer ? std::string_view() : net::word(answer.error());
  tell_result(name, change.before);
  tell_change(name, "left", change.left);
  tell_change(name, "joined", change.joined);
  for (const SocketAddress& address : change.left) give_up(name, address);
  arm(name, hold(name));
}

void DnsTargets::arm(Name& name, bool waits) {
  const base::Instant next = name.membership.next_refresh();
  name.timer.set(waits ? std::min(next, loop_.now() + kLookAgain) : next);
}

// --- targets

// Whether an address waits for its owner.
bool DnsTargets::hold(Name& name) {
  bool waits = false;
  for (const auto& [address, member] : name.membership.members()) {
    if (!hold(name, address, member.weight)) waits = true;
  }
  return waits;
}

// False: it belongs to the admin API, which may let it go.
bool DnsTargets::hold(Name& name, const SocketAddress& address, std::uint32_t weight) {
  GroupControl& control = outlets_.control(name.group);
  const Key key{name.group, address};
  model::Target target = target_of(name.settings, address, weight);
  const auto slot = control.find(address);
  if (!slot) {
    holders_[key] = &name;
    drained_.erase(key);
    control.add(target, Owner::dns, outlets_.moment());
    return true;
  }
  const TargetRecord& record = control.record(*slot);
  if (record.owner == Owner::file && record.drain && record.drain->leaves) {
    holders_[key] = &name;
    control.undrain(*slot, outlets_.moment());
    control.change(*slot, target, Owner::dns, outlets_.moment());
    return true;
  }
  if (record.owner != Owner::dns) return record.owner == Owner::file;
  if (holders_.try_emplace(key, &name).first->second != &name) return true;
  if (record.drain && record.drain->leaves) {
    control.undrain(*slot, outlets_.moment());
    if (drained_.erase(key) != 0) control.drain(*slot, outlets_.moment());
  }
  // The zone and the id of a target stay as they are while it is one.
  target.zone = record.settings().zone;
  target.id = record.settings().id;
  if (target != record.settings()) control.change(*slot, target, Owner::dns, outlets_.moment());
  return true;
}

void DnsTargets::give_up(Name& name, const SocketAddress& address) {
  const Key key{name.group, address};
  const auto holder = holders_.find(key);
  if (holder == holders_.end() || holder->second != &name) return;
  if (Name* const other = other_holder(name, address)) {
    holder->second = other;
    hold(*other, address, other->membership.members().at(address).weight);
    return;
  }
  holders_.erase(holder);
  GroupControl& control = outlets_.control(name.group);
  const auto slot = control.find(address);
  if (!slot || control.record(*slot).owner != Owner::dns) return;
  if (control.record(*slot).drain) drained_.insert(key);
  control.remove(*slot, outlets_.moment());
}

DnsTargets::Name* DnsTargets::other_holder(const Name& name, const SocketAddress& address) {
  for (const auto& other : names_) {
    const bool is_other = other.get() != &name && other->group == name.group && !other->leaves;
    if (is_other && other->membership.members().contains(address)) return other.get();
  }
  return nullptr;
}

// --- what is told

void DnsTargets::tell_change(const Name& name, const char* what,
                             const std::vector<SocketAddress>& addresses) {
  if (addresses.empty()) return;
  outlets_.tell({.at = outlets_.moment().wall,
                 .kind = "dns",
                 .target_group = outlets_.control(name.group).settings().name,
                 .target = name.settings.name,
                 .zone = name.settings.zone,
                 .to = what,
                 .detail = list_of(addresses)});
}

std::string DnsTargets::Name::detail() const {
  const std::size_t members = membership.members().size();
  switch (membership.result()) {
    case DnsResult::ok: return {};
    case DnsResult::partial:
      return fmt::format("{} of its SRV records: {}", membership.missing(),
                         net::word(membership.missing_why()));
    case DnsResult::truncated:
      return fmt::format("{} addresses are targets, {} are left out", members, membership.left_out());
    default: return members == 0 ? "it has no targets" : fmt::format("targets kept: {}", members);
  }
}

void DnsTargets::tell_result(const Name& name, DnsResult before) {
  const DnsResult result = name.membership.result();
  if (result == before) return;
  outlets_.tell({.at = outlets_.moment().wall,
                 .kind = "dns",
                 .target_group = outlets_.control(name.group).settings().name,
                 .target = name.settings.name,
                 .zone = name.settings.zone,
                 .from = before == DnsResult::ok ? "" : std::string(word(before)),
                 .to = std::string(word(result)),
                 .reason = std::string(name.reason),
                 .detail = name.detail()});
}

}  // namespace weir::server
