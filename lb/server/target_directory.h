#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lb/admin/operations.h"
#include "lb/explain/known_group.h"
#include "lb/model/snapshot.h"
#include "lb/net/loop.h"
#include "lb/probe/prober.h"
#include "lb/proxy/engine.h"
#include "lb/server/dns_targets.h"
#include "lb/server/group_control.h"
#include "lb/server/state_file.h"

namespace weir::server {

// All target groups on the control thread: probes their targets, lets time pass for them, tells the workers
// and the log what has changed, and does what the admin API asks for. Registrations, drains and zone shifts
// outlive the process in the state file.
class TargetDirectory final : public admin::Operations {
 public:
  // The way to the workers; each value goes to all of them.
  struct Workers {
    std::function<void(const std::string& group, const proxy::GroupView& view)> publish;
    std::function<void(const std::string& group, balance::Slot slot)> cut;
  };

  TargetDirectory(wire::Context& context, const model::Snapshot& snapshot, unsigned workers,
                  const std::string& state_dir);
  ~TargetDirectory();
  TargetDirectory(const TargetDirectory&) = delete;
  TargetDirectory& operator=(const TargetDirectory&) = delete;

  // What the workers begin with: the groups in the order of the snapshot.
  std::vector<proxy::GroupSetup> setups();
  // The workers are there: probes begin. `on_event` is called after each event.
  void start(Workers workers, std::function<void()> on_event);
  void stop();

  void on_failing(const proxy::FailingTarget& failing);

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
  // A group, and when the workers were last told about it.
  struct Entry {
    Entry(const model::TargetGroup& group, const GroupContext& context, const Moment& at)
        : control(group, context, at) {}
    GroupControl control;
    base::Instant published{};
  };
  struct Found {
    std::size_t group;
    balance::Slot slot;
  };

  Moment moment() const;
  std::expected<std::size_t, admin::Refusal> find_group(const std::string& name) const;
  std::expected<Found, admin::Refusal> find_target(const std::string& group, const std::string& target) const;
  void on_probe(probe::ProbeId id, const health::ProbeResult& result);
  void on_time();
  void start_dns();
  void advance(std::size_t group);
  void advance_at_once(std::size_t group);
  void apply(std::size_t group, GroupControl::Effects effects);
  void publish(std::size_t group);
  base::Instant due(std::size_t group) const;
  void arm();
  void tell(admin::Event event);
  void restore(const State& state);
  void restore_registered(const State::Registered& registered);
  void restore_drains(std::size_t group);
  void keep();
  void apply_shifts();
  void expire_shifts();
  std::set<std::string> shifted_zones() const;

  wire::Context& context_;
  net::Loop& loop_;
  std::deque<Entry> entries_;  // in the order of the snapshot
  std::map<std::string, std::size_t> by_name_;
  std::vector<std::shared_ptr<const model::HealthCheck>> checks_;         // by group; null: off
  std::map<std::string, admin::ZoneShift> shifts_;                        // by zone
  std::set<std::pair<std::size_t, base::SocketAddress>> missing_drains_;  // of targets that DNS may give yet
  std::deque<admin::Event> events_;
  std::uint64_t event_number_ = 0;
  StateFile state_file_;
  Workers workers_;
  std::function<void()> on_event_ = [] {};
  std::unique_ptr<probe::Prober> prober_;  // null: not started
  const std::vector<base::SocketAddress> resolvers_;
  std::unique_ptr<DnsTargets> dns_;  // null: no group has a name, or not started
  net::Deadline timer_;
};

}  // namespace weir::server
