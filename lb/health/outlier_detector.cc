#include "lb/health/outlier_detector.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace weir::health {
namespace {

// Shares that are equal but for rounding are not told apart.
constexpr double kRounding = 1e-9;

// No division by a base_ejection of 0.
constexpr base::Duration kShortest = std::chrono::milliseconds(1);

struct Share {
  OutlierDetector::Slot slot;
  double value;
};

// The share below which a target is an outlier. There is at least one.
double lowest_usual(const std::vector<Share>& shares, double factor) {
  const auto count = static_cast<double>(shares.size());
  double mean = 0;
  for (const Share& share : shares) mean += share.value / count;
  double variance = 0;
  for (const Share& share : shares) variance += (share.value - mean) * (share.value - mean) / count;
  return mean - factor * std::sqrt(variance) - kRounding;
}

}  // namespace

std::string_view word(EjectionReason reason) {
  static constexpr std::array<std::string_view, 3> kWords = {"consecutive_local", "consecutive_answered",
                                                             "success_rate"};
  return kWords[static_cast<std::size_t>(reason)];
}

void OutlierDetector::add(Slot slot) {
  if (known(slot)) return;
  if (slot >= states_.size()) states_.resize(slot + std::size_t{1});
  states_[slot] = {};
  states_[slot].registered = true;
  ++targets_;
}

std::vector<OutlierDetector::Slot> OutlierDetector::remove(Slot slot) {
  if (!known(slot)) return {};
  if (is_ejected(slot)) releases_.erase({states_[slot].last.until, slot});
  states_[slot] = {};
  --targets_;
  return lift_excess();
}

std::vector<OutlierDetector::Slot> OutlierDetector::set_settings(const model::OutlierDetection& settings) {
  settings_ = settings;
  return lift_excess();
}

std::vector<OutlierDetector::Slot> OutlierDetector::lift_excess() {
  std::vector<Slot> lifted;
  while (!allowed(ejected())) {
    const auto [until, slot] = *releases_.begin();
    lift(slot, until);  // its time out counts as served, not as time in service
    lifted.push_back(slot);
  }
  return lifted;
}

void OutlierDetector::lift(Slot slot, base::Instant now) {
  State& state = states_[slot];
  releases_.erase({state.last.until, slot});
  state.ejected = false;
  state.in_service_since = now;
}

std::vector<OutlierDetector::Slot> OutlierDetector::release(base::Instant now) {
  std::vector<Slot> released;
  while (next_release() <= now) {
    const auto [until, slot] = *releases_.begin();
    lift(slot, now);
    released.push_back(slot);
  }
  return released;
}

std::optional<Ejection> OutlierDetector::ejection(Slot slot) const {
  if (!is_ejected(slot)) return std::nullopt;
  return states_[slot].last;
}

std::uint32_t OutlierDetector::next_count(const State& state, base::Instant now) const {
  if (state.last.count == 0) return 1;
  const base::Duration base = std::max<base::Duration>(settings_.base_ejection, kShortest);
  const auto forgiven = std::max<base::Duration::rep>(0, (now - state.in_service_since) / base);
  if (forgiven >= state.last.count) return 1;
  return state.last.count - static_cast<std::uint32_t>(forgiven) + 1;
}

base::Duration OutlierDetector::duration(std::uint32_t count) const {
  const base::Duration base = settings_.base_ejection;
  const base::Duration most = std::max(settings_.max_ejection, settings_.base_ejection);
  return count > most / std::max(base, kShortest) ? most : base * count;
}

bool OutlierDetector::eject(Slot slot, EjectionReason reason, base::Instant now) {
  if (!known(slot) || is_ejected(slot) || !allowed(ejected() + 1)) return false;
  State& state = states_[slot];
  const std::uint32_t count = next_count(state, now);
  state.last = {reason, now, now + duration(count), count};
  state.ejected = true;
  releases_.emplace(state.last.until, slot);
  return true;
}

std::optional<OutlierDetector::Snapshot> OutlierDetector::snapshot(Slot slot) const {
  if (!known(slot) || states_[slot].last.count == 0) return std::nullopt;
  const State& state = states_[slot];
  return Snapshot{state.ejected, state.last, state.in_service_since};
}

bool OutlierDetector::restore(Slot slot, const Snapshot& snapshot) {
  if (!known(slot)) return false;
  State& state = states_[slot];
  if (state.ejected) releases_.erase({state.last.until, slot});
  state.ejected = false;
  state.last = snapshot.last;
  state.in_service_since = snapshot.in_service_since;
  if (!snapshot.ejected) return true;
  if (!allowed(ejected() + 1)) return false;
  state.ejected = true;
  releases_.emplace(state.last.until, slot);
  return true;
}

bool OutlierDetector::on_check_passed(Slot slot, base::Instant now) {
  if (!is_ejected(slot) || states_[slot].last.reason != EjectionReason::consecutive_local) return false;
  lift(slot, now);
  return true;
}

std::vector<OutlierDetector::Slot> OutlierDetector::judge_success_rates(std::span<const Sample> samples,
                                                                        base::Instant now) {
  if (!settings_.success_rate) return {};
  const model::SuccessRate& limits = *settings_.success_rate;
  const std::uint64_t enough = std::max<std::uint64_t>(1, limits.min_requests);
  std::vector<Share> shares;
  for (const Sample& sample : samples) {
    if (!known(sample.slot) || is_ejected(sample.slot) || sample.requests < enough) continue;
    const double share = static_cast<double>(sample.successes) / static_cast<double>(sample.requests);
    shares.push_back({sample.slot, std::min(share, 1.0)});
  }
  if (shares.empty() || shares.size() < limits.min_targets) return {};
  const double lowest = lowest_usual(shares, limits.factor);
  std::ranges::sort(shares, {}, [](const Share& share) { return std::pair(share.value, share.slot); });
  std::vector<Slot> outliers;
  for (const Share& share : shares) {
    if (share.value >= lowest) break;
    if (eject(share.slot, EjectionReason::success_rate, now)) outliers.push_back(share.slot);
  }
  return outliers;
}

}  // namespace weir::health
