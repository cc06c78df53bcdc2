#include "lb/server/service_manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "lb/server/systemd.h"

namespace weir::server {
namespace {

constexpr base::Duration kBetweenStatuses = std::chrono::seconds(1);
// DefaultTimeoutStopSec= of systemd.
constexpr base::Duration kUsualStopTime = std::chrono::seconds(90);
constexpr base::Duration kBeyondGrace = std::chrono::seconds(10);

std::int64_t microseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

// As systemd reads it: CLOCK_MONOTONIC.
std::int64_t monotonic_microseconds() {
  return microseconds(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

std::string service_status(std::size_t listeners, const std::vector<admin::GroupStatus>& groups) {
  std::uint64_t healthy = 0, counted = 0;
  for (const admin::GroupStatus& group : groups) {
    healthy += group.healthy;
    counted += group.counted;
  }
  return fmt::format("serving {} listener{}, {} of {} target{} healthy", listeners, listeners == 1 ? "" : "s",
                     healthy, counted, counted == 1 ? "" : "s");
}

ServiceManager::ServiceManager(net::Loop& loop, Outlets outlets)
    : loop_(loop),
      outlets_(std::move(outlets)),
      state_(systemd::is_notified() ? State::starting : State::silent),
      watchdog_time_(systemd::watchdog_time()),
      timer_(loop.timers(), this, [](void* self) { static_cast<ServiceManager*>(self)->tell_status(); }) {}

void ServiceManager::ready(unsigned workers) {
  if (state_ != State::starting) return;
  state_ = State::serving;
  systemd::notify("READY=1\n" + status_line());
  if (!watchdog_time_) return;
  watchdog_ = std::make_unique<Watchdog>(
      loop_, *watchdog_time_ / 2, workers,
      Watchdog::Outlets{.ask = outlets_.ask, .ping = [] { systemd::notify("WATCHDOG=1"); }});
}

void ServiceManager::reload_begins() {
  if (state_ != State::serving) return;
  state_ = State::reloading;
  systemd::notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void ServiceManager::reload_ends() {
  if (state_ != State::reloading) return;
  state_ = State::serving;
  systemd::notify("READY=1\n" + status_line());
}

void ServiceManager::on_news() {
  if (state_ != State::serving || timer_.at() != base::kNever) return;
  timer_.set(std::max(loop_.now(), told_at_ + kBetweenStatuses));
}

void ServiceManager::tell_status() {
  timer_.clear();
  if (state_ != State::serving) return;
  const std::string before = told_;
  const std::string now = status_line();
  if (now != before) systemd::notify(now);
}

std::string ServiceManager::status_line() {
  told_ = "STATUS=" + outlets_.status() + (refused_ ? "; the last reload was refused" : "");
  told_at_ = loop_.now();
  return told_;
}

// systemd ends the service at its own time, unless it hears that this takes longer.
void ServiceManager::stopping(base::Duration grace) {
  if (state_ == State::silent) return;
  state_ = State::stopping;
  std::string lines = "STOPPING=1\nSTATUS=stopping: finishing what is in flight";
  if (grace + kBeyondGrace > kUsualStopTime) {
    lines += fmt::format("\nEXTEND_TIMEOUT_USEC={}", microseconds(grace + kBeyondGrace));
  }
  systemd::notify(lines);
}

void ServiceManager::retire() {
  state_ = State::silent;
  watchdog_.reset();
}

}  // namespace weir::server
