#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lb/admin/group_status.h"
#include "lb/net/loop.h"
#include "lb/net/timer_wheel.h"
#include "lb/server/watchdog.h"

namespace weir::server {

// "serving 3 listeners, 12 of 14 targets healthy"
std::string service_status(std::size_t listeners, const std::vector<admin::GroupStatus>& groups);

// Keeps the service manager, systemd, told of what the daemon does. Does nothing where there is none. Owned
// by the daemon, on the control thread.
//
//   starting --ready--> serving --reload_begins--> reloading --reload_ends--> serving
//                          any of them --stopping--> stopping
//                          any of them --retire----> silent
class ServiceManager {
 public:
  struct Outlets {
    std::function<std::string()> status;
    decltype(Watchdog::Outlets::ask) ask;
  };

  ServiceManager(net::Loop& loop, Outlets outlets);
  ~ServiceManager() = default;
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // The daemon serves, with that many workers, which are there until stopping() or the end of the loop.
  void ready(unsigned workers);
  void reload_begins();
  void note_reload(bool well) { refused_ = !well; }
  void reload_ends();
  // The status may be another one: it is told if so, at most once a second.
  void on_news();
  void stopping(base::Duration grace);
  // Another process speaks for the service from now on.
  void retire();

 private:
  enum class State { starting, serving, reloading, stopping, silent };

  void tell_status();
  std::string status_line();

  net::Loop& loop_;
  const Outlets outlets_;
  State state_;
  bool refused_ = false;  // the last reload
  std::string told_;      // the last status
  base::Instant told_at_{};
  std::optional<base::Duration> watchdog_time_;
  std::unique_ptr<Watchdog> watchdog_;
  net::Deadline timer_;
};

}  // namespace weir::server
