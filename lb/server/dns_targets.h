#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lb/net/loop.h"
#include "lb/net/resolver.h"
#include "lb/observe/group_facts.h"
#include "lb/server/dns_membership.h"
#include "lb/server/group_control.h"
#include "lb/server/group_snapshot.h"
#include "lb/server/name_lookups.h"

namespace weir::server {

// The DNS names of all target groups: asks for their addresses when they are due and makes them targets of
// their groups. An address which the file or the admin API owns stays theirs; one that several names of a
// group give belongs to the first that gave it, until that one drops it. On the control thread.
class DnsTargets {
 public:
  struct Outlets {
    std::function<GroupControl&(std::size_t group)> control;
    std::function<void(std::size_t group)> changed;  // called behind each change of its control
    std::function<void(admin::Event event)> tell;
    std::function<Moment()> moment;
  };

  DnsTargets(net::Loop& loop, const net::ResolverOptions& options, Outlets outlets);
  ~DnsTargets();
  DnsTargets(const DnsTargets&) = delete;
  DnsTargets& operator=(const DnsTargets&) = delete;

  // The names of a group from now on. New ones that `known` has an answer for have their targets at once; the
  // others are asked for, and nothing waits. Those that are no more keep their targets until the others have
  // answered once, for five seconds at most, or until another has targets: a name that takes the place of
  // another leaves no gap. `changed`
  // is not called for what is so from now on. A name that has no answer has the targets that it had within
  // the last hour, in whatever group.
  void set_names(std::size_t group, std::span<const model::DnsTarget> names, const NameLookups* known);
  // It is one of the group's already.
  bool has(std::size_t group, const model::DnsTarget& name) const { return find(group, name) != nullptr; }
  // By the names that it has now; so it does if it has none.
  bool has_targets(std::size_t group) const;
  // Targets that the file had, and that a name of the group gives, are that name's from now on; all that is
  // known of them, and an operator's drain, stays.
  void take_from_file(std::size_t group);
  // For another process: those that leave, too, which may have the only targets.
  std::vector<NameSnapshot> snapshot(std::size_t group) const;
  // From one, behind the first set_names(). If no name has targets, those that are no more leave as with a
  // set_names(), with the zone and the weight of one that took their place.
  void restore(std::size_t group, std::span<const NameSnapshot> known);
  std::vector<observe::DnsFact> facts_of(std::size_t group) const;
  std::vector<admin::NameStatus> status_of(std::size_t group) const;

 private:
  struct Name;
  using Key = std::pair<std::size_t, base::SocketAddress>;  // group and address
  using Answer = NameLookups::Answer;

  Name* find(std::size_t group, const model::DnsTarget& settings) const;
  void change(Name& name, const model::DnsTarget& settings);
  void drop_leaving(std::size_t group);
  void remember(const Name& name);
  void recall(Name& name);
  void drop(Name& name);
  void on_time(Name& name);
  void ask(Name& name);
  void on_answer(Name& name, const Answer& answer);
  void record(Name& name, const Answer& answer);
  void arm(Name& name, bool waits);
  bool hold(Name& name);
  bool hold(Name& name, const base::SocketAddress& address, std::uint32_t weight);
  void give_up(Name& name, const base::SocketAddress& address);
  Name* other_holder(const Name& name, const base::SocketAddress& address);
  void tell_change(const Name& name, const char* what, const std::vector<base::SocketAddress>& addresses);
  void tell_result(const Name& name, DnsResult before);

  net::Loop& loop_;
  const Outlets outlets_;
  std::vector<std::unique_ptr<Name>> names_;
  std::map<Key, Name*> holders_;
  std::set<Key> drained_;  // by an operator, before their name dropped them
  struct Remembered {
    DnsMembership::Members members;
    base::Instant until;
  };
  std::map<std::tuple<std::string, std::uint16_t, bool>, Remembered>
      remembered_;  // of names that are no more
  net::Resolver resolver_;
};

}  // namespace weir::server
