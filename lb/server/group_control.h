#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "lb/admin/group_status.h"
#include "lb/balance/target_set.h"
#include "lb/health/outlier_detector.h"
#include "lb/health/probe_result.h"
#include "lb/model/target_group.h"
#include "lb/observe/histogram.h"
#include "lb/proxy/group_settings.h"
#include "lb/proxy/group_view.h"
#include "lb/server/target_record.h"

namespace weir::server {

struct GroupSnapshot;
struct TargetSnapshot;

// What a group stands in.
struct GroupContext {
  std::string own_zone;  // of this node; empty: none
  unsigned workers = 1;
  bool in_use = true;  // a listener forwards to it
  std::shared_ptr<const observe::LatencyBuckets> latency = observe::LatencyBuckets::usual();
  bool operator==(const GroupContext&) const = default;
};

// One target group on the control thread: its members with their health, ejections and drains, and what
// follows from them for the workers. Decides only; what is to be done about it is taken by take_effects() and
// view(). Knows no clock and no loop.
class GroupControl {
 public:
  // What is to be done, in this order.
  struct Effects {
    std::vector<balance::Slot> unprobe;  // no more; the slot may have been given to another since
    std::vector<balance::Slot> probe;    // from now on
    std::vector<balance::Slot> repaced;  // changing() may be another
    std::vector<balance::Slot> cut;      // what is under way there
    std::vector<admin::Event> events;
    bool empty() const {
      return probe.empty() && unprobe.empty() && repaced.empty() && cut.empty() && events.empty();
    }
  };

  // `targets` are those of the file.
  GroupControl(std::shared_ptr<const proxy::GroupSettings> settings, std::span<const model::Target> targets,
               const GroupContext& context, const Moment& at);

  // --- a new configuration. What is in it as it was before goes on as it was.
  void set_settings(std::shared_ptr<const proxy::GroupSettings> settings, const GroupContext& context,
                    const Moment& at);
  // Those of the file. One that is there already keeps all that is known of it; one that is no more leaves
  // like one that is removed.
  void set_file_targets(std::span<const model::Target> targets, const Moment& at);

  // --- membership. Slots are valid until their target has left.
  balance::Slot add(const model::Target& target, Owner owner, const Moment& at);
  std::optional<balance::Slot> find(const base::SocketAddress& address) const;
  std::optional<balance::Slot> find(const std::string& address_or_id) const;
  std::size_t size() const { return by_address_.size(); }
  bool has(balance::Slot slot) const { return slot < records_.size() && records_[slot]; }
  const TargetRecord& record(balance::Slot slot) const { return *records_[slot]; }
  // Another weight or limit.
  void change(balance::Slot slot, const model::Target& target, Owner owner, const Moment& at);
  // It leaves when its requests have ended, at the latest after the group's drain time.
  void remove(balance::Slot slot, const Moment& at);
  void remove_all(const Moment& at);
  void drain(balance::Slot slot, const Moment& at);
  void undrain(balance::Slot slot, const Moment& at);
  void set_shifted(const std::set<std::string>& zones, const Moment& at);

  // --- what happens
  void on_probe(balance::Slot slot, const health::ProbeResult& result, const Moment& at);
  void on_failing(const proxy::FailingTarget& failing, const Moment& at);
  void on_time(const Moment& at);
  base::Instant next_time() const;  // for on_time(); kNever: nothing waits

  // --- another process. Nothing of it is told.
  GroupSnapshot snapshot() const;
  // False: there is no such target here. One that was registered, or is leaving, is made.
  bool restore(const TargetSnapshot& known, const Moment& at);
  // Every target has been checked once by this process, or its time for that is over. `more_to_come`: it is
  // to have targets.
  bool looked_at(base::Instant now, bool more_to_come) const;

  // --- what follows
  Effects take_effects();
  // Something that the workers have to know has changed since the last view().
  bool changed() const { return changed_; }
  // Says in an event if the group has begun to fail open, or ceased to.
  proxy::GroupView view(const Moment& at);
  // The same, of copies: who works with it changes nothing here, and nobody is told.
  proxy::GroupView copied_view(const Moment& at) const;
  // Its targets have been looked at.
  bool settled() const { return settled_; }
  bool changing(balance::Slot slot) const { return records_[slot]->health.changing(); }
  // If the zones were shifted: would a usable target be left?
  bool usable_without(const std::set<std::string>& zones) const;
  bool in_use() const { return context_.in_use; }
  const GroupContext& context() const { return context_; }

  bool has_zone(const std::string& name) const { return std::ranges::find(zones_, name) != zones_.end(); }
  const std::vector<std::string>& zones() const { return zones_; }
  template <class Each>
  void for_each_record(Each&& each) const {
    for (const auto& record : records_) {
      if (record) each(*record);
    }
  }

  // Those of the configuration's file that do not leave.
  std::vector<model::Target> file_targets() const;

  const model::TargetGroup& settings() const { return settings_->model; }
  const std::shared_ptr<const proxy::GroupSettings>& shared_settings() const { return settings_; }
  const std::shared_ptr<proxy::GroupShared>& shared() const { return shared_; }
  admin::GroupStatus summary() const;  // without the targets
  admin::GroupStatus status(const Moment& at, std::size_t probes) const;
  admin::TargetStatus target_status(balance::Slot slot, const Moment& at, std::size_t probes) const;
  observe::GroupFact fact(const Moment& at) const;
  observe::HistogramTotal check_durations() const;
  // Those of the processes before this one, in buckets of these bounds.
  void set_past_check_durations(const observe::HistogramTotal& past, const observe::LatencyBounds& bounds);

 private:
  bool probed() const { return settings().health_check && context_.in_use; }
  static constexpr base::Duration kSettleSlack = std::chrono::seconds(1);  // beside the timeout of a check
  void expect_verdicts(const Moment& at);
  void probes_changed(bool before, const proxy::GroupSettings& old, const Moment& at);
  void outlier_detection_changed(const model::TargetGroup& old, const Moment& at);
  void arm_success_rates(const Moment& at);
  void stickiness_changed();
  using YieldingIds = std::unordered_map<std::string, balance::Slot>;
  void take_over(const model::Target& target, const YieldingIds& yielding, const Moment& at);
  void begin_leaving(balance::Slot slot, const Moment& at);
  balance::Slot free_slot();
  template <class Each>
  void for_each(Each&& each) {
    for (balance::Slot slot = 0; slot < records_.size(); ++slot) {
      if (records_[slot]) each(slot, *records_[slot]);
    }
  }
  // With cross_zone off: a target of the own zone.
  bool in_reach(const TargetRecord& record) const;
  bool ejected(balance::Slot slot) const { return outliers_ && outliers_->is_ejected(slot); }
  balance::Member member(balance::Slot slot, base::Instant now) const;
  std::shared_ptr<const proxy::Bindings> bindings() const;
  sticky::Fitness fitness(balance::Slot slot) const;
  double ramp(const TargetRecord& record, base::Instant now) const;
  void set_limit(const TargetRecord& record, base::Instant now) const;
  void begin_ramp(balance::Slot slot, base::Instant now);
  bool has_warm_target(balance::Slot but, base::Instant now) const;
  void settle_if_due(base::Instant now);
  void ejected_now(balance::Slot slot, const Moment& at, const std::string& evidence);
  void ejection_ended(balance::Slot slot, const Moment& at, const char* why);
  void judge_success_rates(const Moment& at);
  void tell_fail_open(const Moment& at, bool before);
  void advance_drains(const Moment& at);
  void advance_ramps(base::Instant now);
  void leave(balance::Slot slot, const Moment& at);
  void members_changed();
  balance::Zone zone_of(const std::string& name);
  balance::SetSettings set_settings() const;
  void tell(const Moment& at, const char* kind, const TargetRecord& record, std::string_view from,
            std::string_view to, std::string_view reason, std::string detail);
  double effective_weight(balance::Slot slot, base::Instant now) const;

  std::shared_ptr<const proxy::GroupSettings> settings_;
  GroupContext context_;
  const std::shared_ptr<proxy::GroupShared> shared_;
  std::set<std::string> shifted_;                     // zones, of targets that are still to come, too
  std::vector<std::string> zones_;                    // by number
  std::vector<std::optional<TargetRecord>> records_;  // by slot
  std::vector<balance::Slot> free_;
  std::map<base::SocketAddress, balance::Slot> by_address_;
  std::size_t unjudged_ = 0;  // targets without a verdict
  std::optional<health::OutlierDetector> outliers_;
  std::vector<health::PassiveCounts::Window> last_totals_;  // by slot, of the last success rates
  std::shared_ptr<const proxy::Members> members_;
  std::shared_ptr<const balance::TargetSet> set_;
  observe::Histogram check_durations_;
  observe::HistogramTotal past_check_durations_;
  Effects effects_;
  base::Instant settle_by_;
  base::Instant judge_at_ = base::kNever;
  base::Instant ramp_at_ = base::kNever;
  base::Instant drains_at_ = base::kNever;
  bool settled_ = false;
  bool changed_ = true;
};

}  // namespace weir::server
