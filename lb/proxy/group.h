#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/balance/picker.h"
#include "lb/observe/registry.h"
#include "lb/proxy/group_settings.h"
#include "lb/proxy/group_view.h"
#include "lb/proxy/target.h"

namespace weir::proxy {

// One target group as one worker knows it: its targets and the state of its balancing. What the control
// thread decides comes by update(). Exchanges go by the settings that they began with; these here are the
// latest.
class Group {
 public:
  Group(TargetContext& context, std::shared_ptr<const GroupSettings> settings, unsigned worker,
        observe::Registry& registry, base::Random& random, std::shared_ptr<GroupShared> shared,
        const GroupView& view);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // Targets that are no longer members finish what they have begun.
  void update(const GroupView& view);
  // Other settings: connections, requests in flight and those who wait stay.
  void update(std::shared_ptr<const GroupSettings> settings, const GroupView& view);
  // It is no group any more: who waits is answered, what is under way finishes.
  void retire();

  // A request that is new does not overtake those who wait.
  Target* take_first(const balance::PickRequest& request);
  // The target of the next attempt, with one of its slots taken: give it back by ended(). Null: none is free.
  Target* take(const balance::PickRequest& request);
  // The target of this id, for a client that is bound to it. Null: it may not be used, which `fitness` says.
  Target* take_named(std::string_view id, sticky::Fitness& fitness);
  // The same target once more.
  bool take_again(Target& target);
  void ended(Target& target);
  // Targets that are full: the request waits for its turn. False: so many wait already.
  bool wait(Waiter& waiter);
  // Gives targets that are free to those who wait.
  void serve_waiting();
  // Whether there is any target that requests may go to, free or not.
  bool has_targets() const { return !picker_->set().shares.empty(); }
  bool needs_hash() const { return settings().algorithm == model::Algorithm::consistent_hash; }

  // Counts a request towards what may be sent again; takes from it.
  void count_request(base::Instant now) { shared_->budget.request(worker_, now); }
  bool take_retry(base::Instant now) { return shared_->budget.take(now); }

  // How long the head of a response was waited for.
  void took(Target& target, base::Duration response);
  // What an attempt that began in `generation` says about its target, once: a whole answer, or a failure.
  void answered(Target& target, unsigned status, std::uint32_t generation);
  void failed(Target& target, wire::Reason reason, std::uint32_t generation);

  // A draining target's time is over.
  void cut(balance::Slot slot);
  void close_idle();

  // Another one when its connections have to be made in another way: none that is older is kept then.
  std::uint32_t epoch() const { return epoch_; }
  // TLS with one of its targets failed: said once in ten seconds, by whichever worker.
  void warn_of_tls(const Target& target, std::string_view server_name, const net::TlsStream& tls);
  // A target of a group with http2 has chosen another protocol; said likewise.
  void warn_of_no_http2(const Target& target);
  void warn_of_http2_fault(const Target& target, std::string_view fault);

  const std::string& name() const { return name_; }
  // Of exchanges that came to none of the targets.
  const observe::AccessTarget& no_target() const { return no_target_; }
  const model::TargetGroup& settings() const { return settings_->model; }
  const std::shared_ptr<const GroupSettings>& shared_settings() const { return settings_; }
  observe::GroupCounters& counters() { return *counters_; }
  const wire::ClientPolicy& client_policy() const { return policy_; }
  bool http2() const { return settings().http2.has_value(); }
  const wire::Http2Policy& http2_policy() const { return http2_policy_; }
  std::size_t max_idle(const Target& target) const;

 private:
  friend class Target;
  void on_left(Target& target);
  void wake_waiting();
  void set_members(const std::shared_ptr<const Members>& members);
  void place(balance::Slot slot, const std::shared_ptr<const TargetEntry>& entry);
  void retire(balance::Slot slot);
  bool is_member(const Target& target) const;
  void load_changed(const Target& target);
  bool is_clients_fault(wire::Reason reason) const;
  // True: the row of failures has become too long.
  bool count_failure(Target& target, health::PassiveKind kind, std::uint32_t generation);

  TargetContext& context_;
  const std::string name_;
  const observe::AccessTarget no_target_;
  std::shared_ptr<const GroupSettings> settings_;
  wire::ClientPolicy policy_;  // of the settings; connections refer to both
  wire::Http2Policy http2_policy_;
  const unsigned worker_;
  observe::Registry& registry_;
  std::shared_ptr<observe::GroupCounters> counters_;
  std::shared_ptr<GroupShared> shared_;
  std::shared_ptr<const Members> members_;
  std::shared_ptr<const Bindings> bindings_;
  std::vector<std::unique_ptr<Target>> targets_;  // by slot; null: free
  std::vector<std::unique_ptr<Target>> leaving_;  // no members any more, but still in use
  base::Random& random_;
  std::optional<balance::Picker> picker_;
  WaitQueue queue_;
  std::uint32_t epoch_ = 0;
  bool limited_ = false;  // there may be somebody who waits
  bool retired_ = false;
};

}  // namespace weir::proxy
