#include "lb/explain/group_trace.h"

#include <fmt/format.h>

#include <map>

#include "lb/admin/timestamp.h"
#include "lb/balance/pool.h"

namespace weir::explain {
namespace {

using balance::Slot;
using model::Algorithm;

// What a candidate gets of the group's requests, if nothing but weights and zones counted.
struct Portion {
  const balance::Candidate* candidate = nullptr;
  double part = 0;
};

std::map<Slot, Portion> portions_of(const balance::TargetSet& set) {
  std::map<Slot, Portion> portions;
  for (const balance::Share& share : set.shares) {
    for (const balance::Candidate& candidate : share.pool->candidates()) {
      Portion& portion = portions[candidate.slot];
      portion.candidate = &candidate;
      portion.part += share.part * candidate.weight / static_cast<double>(share.pool->weight());
    }
  }
  return portions;
}

std::string score_text(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::power_of_two: return "in flight / weight; of two drawn by weight the lower one gets it";
    case Algorithm::least_outstanding: return "in flight / weight; the lowest gets it, equal ones in turn";
    case Algorithm::round_robin: return "weight; each in turn, as often as that";
    case Algorithm::random: return "weight; drawn by it";
    case Algorithm::peak_ewma:
      return "average ms x (in flight / weight + 1); of two drawn by weight the lower one gets it";
    case Algorithm::consistent_hash:
      return "in flight / weight; the key's owner on the ring gets it unless it has over 1.25 of the average";
  }
  return "";
}

std::optional<double> score_of(Algorithm algorithm, const balance::Candidate& candidate, base::Instant now) {
  const double weight = candidate.weight / 100.0;
  const double load = candidate.load->outstanding.load(std::memory_order_relaxed) / weight;
  switch (algorithm) {
    case Algorithm::power_of_two:
    case Algorithm::least_outstanding:
    case Algorithm::consistent_hash: return load;
    case Algorithm::round_robin:
    case Algorithm::random: return weight;
    case Algorithm::peak_ewma: break;
  }
  const base::Duration average = candidate.load->latency.value(now);
  if (average == base::Duration(0)) return std::nullopt;
  return std::chrono::duration<double, std::milli>(average).count() * (load + 1);
}

std::string_view word(model::CrossZone cross_zone) {
  switch (cross_zone) {
    case model::CrossZone::on: return "on";
    case model::CrossZone::off: return "off";
    case model::CrossZone::prefer: break;
  }
  return "prefer";
}

std::string until_text(const KnownTarget& known) {
  return known.until ? "until " + admin::timestamp(*known.until) : std::string();
}

std::string joined(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : first + ", " + second;
}

class Tracer {
 public:
  Tracer(const model::TargetGroup& group, const KnownGroup& known, const std::string& own_zone,
         base::Instant now)
      : group_(group),
        known_(known),
        own_zone_(own_zone),
        now_(now),
        portions_(portions_of(*known.view.targets)) {}

  TargetTrace target(Slot slot) const {
    const proxy::TargetEntry& entry = *(*known_.view.members)[slot];
    const model::Target& settings = entry.settings;
    TargetTrace trace{.id = settings.id,
                      .address = settings.address.to_string(),
                      .zone = settings.zone,
                      .known = known_.targets[slot],
                      .weight = settings.weight,
                      .in_flight = entry.state->load.outstanding.load(std::memory_order_relaxed),
                      .max_requests = settings.max_requests};
    const auto found = portions_.find(slot);
    if (found == portions_.end()) {
      trace.excluded = exclusion(settings, trace.known);
      return trace;
    }
    trace.effective = found->second.candidate->weight / 100.0;
    trace.part = found->second.part;
    trace.score = score_of(group_.algorithm, *found->second.candidate, now_);
    if (entry.state->load.full()) {
      trace.excluded =
          Exclusion{"max_requests", fmt::format("{} of {} in flight", trace.in_flight,
                                                entry.state->load.limit.load(std::memory_order_relaxed))};
    }
    return trace;
  }

 private:
  // Of one that is in no pool: the first that holds is why.
  Exclusion exclusion(const model::Target& settings, const KnownTarget& known) const {
    if (known.state == "draining") return {known.state, joined(known.reason, until_text(known))};
    if (known.zone_shifted) return {"zone_shifted", "the zone is taken out of rotation"};
    if (settings.weight == 0) return {"weight_0", ""};
    if (known_.view.targets->fail_open && group_.fail_open.refuse) {
      return {"fail_open_refuses", "too few targets are healthy, and the group refuses then"};
    }
    if (known_.view.targets->fail_open) return other_zone();  // of the others all are candidates
    if (known.state == "ejected") return {known.state, joined(known.reason, until_text(known))};
    if (known.state == "unhealthy") return {known.state, joined(known.reason, known.detail)};
    const bool in_reach =
        group_.cross_zone == model::CrossZone::on || own_zone_.empty() || settings.zone == own_zone_;
    if (known.state == "initial" && in_reach) return {known.state, "no check has passed yet"};
    return other_zone();
  }

  Exclusion other_zone() const {
    return {"other_zone",
            fmt::format("cross_zone is {}, and this node stands in {}", word(group_.cross_zone), own_zone_)};
  }

  const model::TargetGroup& group_;
  const KnownGroup& known_;
  const std::string& own_zone_;
  const base::Instant now_;
  const std::map<Slot, Portion> portions_;
};

}  // namespace

GroupTrace trace_group(const model::TargetGroup& group, const KnownGroup& known, const std::string& own_zone,
                       base::Instant now) {
  GroupTrace trace{.name = group.name,
                   .algorithm = std::string(model::word(group.algorithm)),
                   .score = score_text(group.algorithm),
                   .cross_zone = std::string(word(group.cross_zone)),
                   .own_zone = own_zone,
                   .fail_open = known.view.targets->fail_open,
                   .targets = {}};
  const Tracer tracer(group, known, own_zone, now);
  for (Slot slot = 0; slot < known.view.members->size(); ++slot) {
    if ((*known.view.members)[slot]) trace.targets.push_back(tracer.target(slot));
  }
  return trace;
}

}  // namespace weir::explain
