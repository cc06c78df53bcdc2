#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lb/admin/event_memory.h"
#include "lb/admin/operations.h"
#include "lb/explain/known_group.h"
#include "lb/model/snapshot.h"
#include "lb/net/loop.h"
#include "lb/probe/prober.h"
#include "lb/proxy/engine.h"
#include "lb/server/configuration.h"
#include "lb/server/dns_targets.h"
#include "lb/server/group_control.h"
#include "lb/server/group_snapshot.h"
#include "lb/server/state_file.h"

namespace weir::server {

// All target groups on the control thread: probes their targets, lets time pass for them, tells the workers
// and the log what has changed, and does what the admin API asks for. Registrations, drains and zone shifts
// outlive the process in the state file.
//
// A group of the configuration keeps its number for as long as it is there. One that a new configuration
// leaves out goes on for a moment, for requests that wait for it already; then its targets drain, and it goes
// with the last of them. What was asked of it through the API is kept for an hour, should it come back.
class TargetDirectory final : public admin::Operations {
 public:
  // The way to the workers; each value goes to all of them.
  struct Workers {
    std::function<void(const std::string& group, const proxy::GroupView& view)> publish;
    std::function<void(const std::string& group, balance::Slot slot)> cut;
    std::function<void(const std::string& group)> remove;
  };

  TargetDirectory(wire::Context& context, const Configuration& configuration, unsigned workers);
  ~TargetDirectory();
  TargetDirectory(const TargetDirectory&) = delete;
  TargetDirectory& operator=(const TargetDirectory&) = delete;

  // Looks up the names that `next` brings, for five seconds at most: behind `done` their targets are there
  // from the moment that it is gone over to. At once if there is none.
  void look_up(const Configuration& next, std::function<void()> done);
  // What the workers begin with.
  std::vector<proxy::GroupSetup> setups();
  // Goes over to a configuration. Returns the groups that are new to the workers, or that they have to see
  // otherwise.
  std::vector<proxy::GroupSetup> apply(const Configuration& next);
  // The workers have been told of those: what follows for probes begins.
  void settle();
  // The workers are there: probes begin. `on_event` is called after each event.
  void start(Workers workers, std::function<void()> on_event);
  void stop();

  void on_failing(const proxy::FailingTarget& failing);
  // One that has been logged already.
  void tell_event(admin::Event event);

  // --- upgrade
  DirectorySnapshot snapshot() const;
  // Until take_over(), nothing that happens is told or kept: another process has its say. Called before
  // start().
  void hold() { held_ = true; }
  // Every group has been looked at, as far as it can be.
  bool looked_at() const;
  // False: another weir has the state directory, and nothing is written there.
  void set_keeping(bool keeping) { keeping_ = keeping; }
  // What was kept may have gone from the disk.
  void keep_again();
  // Goes on from there.
  void take_over(const DirectorySnapshot& known);
  // Another process goes on: nothing is probed, decided or kept any more.
  void retire();

  // A group as it is now, in copies.
  explain::KnownGroup known(const std::string& group) const;

  // admin::Operations
  std::vector<admin::GroupStatus> groups(std::size_t probes) const override;
  std::vector<admin::GroupStatus> summaries() const override;
  std::optional<admin::TargetStatus> target(const std::string& group,
                                            const std::string& target) const override;
  std::vector<admin::ZoneShift> shifts() const override;
  observe::GroupFacts facts() const override;
  std::vector<admin::Event> events(std::uint64_t after) const override;
  std::expected<bool, admin::Refusal> register_target(const std::string& group,
                                                      const admin::Registration& registration) override;
  Done deregister_target(const std::string& group, const std::string& target) override;
  Done drain(const std::string& group, const std::string& target) override;
  Done undrain(const std::string& group, const std::string& target) override;
  Done shift(const std::string& zone, base::Duration time, const std::string& reason, bool force) override;
  Done unshift(const std::string& zone) override;

 private:
  // Of a group. Never given twice.
  using Number = std::size_t;
  // A group, and when the workers were last told about it.
  struct Entry {
    Entry(std::shared_ptr<const proxy::GroupSettings> settings, std::span<const model::Target> targets,
          const GroupContext& context, const Moment& at)
        : control(std::move(settings), targets, context, at) {}
    GroupControl control;
    std::shared_ptr<const model::HealthCheck> check = nullptr;  // null: off
    base::Instant published{};
    base::Instant leaves_at = base::kNever;  // the configuration has left it out: when its targets drain
    bool leaves = false;                     // they do
    bool keeps_file_targets = false;         // the file has left names alone, and none has had a target yet
    bool late = false;                       // it came while the daemon served: nobody waits for its checks
  };
  // What was asked of a group that the configuration has left out.
  struct Absent {
    std::vector<model::Target> registered;
    std::vector<base::SocketAddress> drained;
    base::Instant until{};
  };
  struct Found {
    Number group;
    balance::Slot slot;
  };

  Moment moment() const;
  GroupContext context_of(const Configuration& configuration, const std::string& group) const;
  void add_group(const Configuration& configuration, const model::TargetGroup& group);
  bool change_group(const Configuration& configuration, const model::TargetGroup& group, Entry& entry);
  void apply_names();
  bool release_file_targets(Number group);
  void tell_kept_file_targets(Number group) const;
  void leave_out(Number group);
  bool advance_leaving(Number group);
  void remember(Number group);
  void put_away(const std::string& group, Absent absent);
  void recall(Number group);
  void add_absent(State& state) const;
  void forget_absent();
  void remove_group(Number group);
  std::expected<Number, admin::Refusal> find_group(const std::string& name) const;
  std::expected<Found, admin::Refusal> find_target(const std::string& group, const std::string& target) const;
  void on_probe(probe::ProbeId id, const health::ProbeResult& result);
  void on_time();
  DnsTargets& dns();
  void advance(Number group);
  void advance_at_once(Number group);
  void take_effect(Number group, GroupControl::Effects effects);
  void publish(Number group);
  base::Instant due(Number group) const;
  void arm();
  void tell(admin::Event event);
  void restore(const State& state);
  void restore_asked(const State& state);
  void restore_registered(const State::Registered& registered);
  void restore_drains(Number group);
  void forget_missing_drains();
  void keep();
  State state() const;
  void apply_shifts();
  void expire_shifts();
  std::set<std::string> shifted_zones() const;
  void restore_group(Number group, const GroupSnapshot& known);
  void keep_file_targets(Number group, const GroupSnapshot& known);
  void restore_awaited(Number group);
  std::vector<observe::DnsFact> names_of(Number group) const;
  void tell_held(const DirectorySnapshot& known);

  wire::Context& context_;
  net::Loop& loop_;
  const unsigned workers_count_;
  const std::shared_ptr<const observe::LatencyBuckets> latency_;
  std::map<Number, Entry> entries_;
  std::vector<Number> order_;  // of the snapshot, and behind it those that it has left out
  std::map<std::string, Number> by_name_;
  Number last_number_ = 0;
  std::map<std::string, admin::ZoneShift> shifts_;                   // by zone
  std::set<std::pair<Number, base::SocketAddress>> missing_drains_;  // of targets that DNS may give yet
  std::map<std::string, Absent> absent_;                             // by group
  bool held_ = false;
  bool retired_ = false;
  std::vector<admin::Event> held_events_;
  std::map<std::pair<Number, base::SocketAddress>, TargetSnapshot> awaited_;  // of DNS, from another process
  std::map<Number, std::vector<observe::DnsFact>> past_names_;                // likewise
  admin::EventMemory events_;
  std::uint64_t event_number_ = 0;
  observe::EventCounts event_counts_{};
  StateFile state_file_;
  bool keeping_ = true;
  State kept_;  // what was last read from there, or written
  Workers workers_;
  std::function<void()> on_event_ = [] {};
  std::unique_ptr<probe::Prober> prober_;  // null: not started
  const std::vector<base::SocketAddress> resolvers_;
  std::unique_ptr<DnsTargets> dns_;  // null: no group has had a name, or not started
  std::unique_ptr<NameLookups> looked_up_;
  std::map<Number, std::vector<model::DnsTarget>> names_;
  net::Deadline timer_;
};

}  // namespace weir::server
