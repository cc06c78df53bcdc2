#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/observe/totals.h"

// What is known of target groups beside what the workers count: told by the control thread at each scrape.
namespace weir::observe {

inline constexpr std::array<std::string_view, 6> kTargetStates = {"unused",  "draining", "ejected",
                                                                  "initial", "healthy",  "unhealthy"};
inline constexpr std::array<std::string_view, 3> kEjectionReasons = {"consecutive_local",
                                                                     "consecutive_answered", "success_rate"};

inline constexpr std::array<std::string_view, 6> kDnsResults = {"ok",     "nxdomain",  "empty",
                                                                "failed", "truncated", "partial"};

// What events tell of.
inline constexpr std::array<std::string_view, 9> kEventKinds = {
    "dns", "drain", "ejection", "fail_open", "health", "membership", "reload", "shift", "upgrade"};
using EventCounts = std::array<std::uint64_t, kEventKinds.size()>;

struct TargetFact {
  std::string zone;
  std::string target;     // its id
  std::size_t state = 0;  // a place in kTargetStates
  double weight = 0;      // slow start, ejection and the like applied
  std::uint64_t checks_passed = 0;
  std::uint64_t checks_failed = 0;
  std::array<std::uint64_t, kEjectionReasons.size()> ejections{};
  std::optional<std::uint64_t> sessions = {};  // that are still bound to it while it drains
};

// A DNS name of a group.
struct DnsFact {
  std::string name;
  std::array<std::uint64_t, kDnsResults.size()> refreshes{};
  bool operator==(const DnsFact&) const = default;
};

struct GroupFact {
  std::string name;
  bool fail_open = false;
  HistogramTotal check_durations;
  std::vector<TargetFact> targets;
  std::vector<DnsFact> dns = {};
};

struct GroupFacts {
  std::vector<GroupFact> groups;
  EventCounts events{};
  std::map<std::string, bool> zone_shifted;  // all zones that targets stand in
};

}  // namespace weir::observe
