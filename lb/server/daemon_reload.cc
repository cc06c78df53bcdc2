// How the daemon goes over to another configuration.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/admin/later.h"
#include "lb/base/log.h"
#include "lb/proxy/vocabulary.h"
#include "lb/server/daemon.h"
#include "lb/server/event_line.h"

namespace weir::server {
namespace {

namespace log = base::log;

TrafficSample sample_of(const observe::Registry& registry, const proxy::ProcessLimits& limits) {
  TrafficSample sample{.outlived = limits.outlived_errors.load(std::memory_order_relaxed)};
  for (const observe::ListenerTotal& listener : registry.listener_totals()) {
    sample.requests += listener.request_count();
    for (const observe::WordTotal& error : listener.errors) {
      if (wire::is_server_error(error.word)) sample.errors += error.count;
    }
  }
  return sample;
}

// It is what the sentence says, at length.
admin::Event without_detail(admin::Event event) {
  event.detail.clear();
  return event;
}

}  // namespace

Reloader::Outlets Daemon::reload_outlets() {
  return {.running = [this] { return running_; },
          .prepare = [this](const Configuration& next,
                            std::function<void()> done) { directory_->look_up(next, std::move(done)); },
          .apply = [this](LoadedConfiguration loaded) { return apply(std::move(loaded)); },
          .report = [this](const ReloadReport& report) { on_reload(report); },
          .under_way = [this](bool begins) { begins ? service_.reload_begins() : on_reload_over(); },
          .traffic = [this] { return sample_of(registry_, *limits_); }};
}

void Daemon::on_reload_over() {
  service_.reload_ends();
  if (!std::exchange(upgrade_waits_, false)) return;
  reloader_.pause();  // what waits behind it is the next process's
  loop_.defer([this] {
    begin_upgrade();
    if (!successor_ && !stopping_) reloader_.resume();
  });
}

// Whatever can fail comes first: behind it there is no way back, and none is needed.
std::expected<void, StartError> Daemon::apply(LoadedConfiguration loaded) {
  if (stopping_) return std::unexpected(StartError{{}, "weir is stopping"});
  if (successor_) return std::unexpected(StartError{{}, "an upgrade is under way"});
  const Configuration& next = *loaded.configuration;
  const model::Snapshot& snapshot = *next.snapshot;
  auto opened = fleet_.open(snapshot);
  if (!opened) return std::unexpected(opened.error());
  auto access = access_->settings(snapshot.log);
  if (!access) {
    return std::unexpected(
        StartError{snapshot.log.access.output_place, "log.access.output: " + access.error()});
  }
  fleet_.log_as(*std::move(access));
  fleet_.trace_as(tracing_.settings(snapshot));

  registry_.set_max_series(snapshot.admin.max_series);
  const std::vector<admin::BoundListener> before = listeners();
  fleet_.apply(std::move(*opened), next, directory_->apply(next), std::move(loaded.views));
  directory_->settle();
  running_ = loaded.configuration;
  log::set_level(snapshot.log.level);
  for (const admin::BoundListener& listener : listeners()) {
    for (const base::SocketAddress& address : listener.binds) {
      const bool known = std::ranges::any_of(before, [&](const admin::BoundListener& one) {
        return one.name == listener.name && std::ranges::find(one.binds, address) != one.binds.end();
      });
      if (!known) log::info("listener {}: listening on {}", listener.name, address.to_string());
    }
  }
  if (admin_) {
    admin_->show(next);
    admin_->state().listeners = listeners();
  }
  return {};
}

void Daemon::on_reload(const ReloadReport& report) {
  service_.note_reload(report.went_well());
  admin::Event event = event_of(report);
  const bool is_event = report.result != ReloadResult::unchanged;
  const std::string line =
      log_line(report) + (is_event ? " " + event_fields(without_detail(event)) : std::string());
  if (report.went_well()) {
    log::info("{}", line);
  } else {
    log::error("{}", line);
  }
  if (is_event) directory_->tell_event(std::move(event));
  if (!admin_) return;
  admin::State& state = admin_->state();
  ++state.reloads[static_cast<std::size_t>(report.result)];
  state.last_reload_succeeded = report.went_well();
  const bool taken = report.result == ReloadResult::applied || report.result == ReloadResult::rolled_back;
  if (taken) state.config_loaded = report.at;
  admin_->on_news();
}

std::shared_ptr<admin::Later> Daemon::reload_for_admin(std::optional<base::Duration> confirm) {
  auto later = std::make_shared<admin::Later>();
  reloader_.request(ReloadCause::command, confirm,
                    [later](const std::expected<ReloadReport, admin::Refusal>& report) {
                      later->complete(report ? answer_of(*report)
                                             : admin::problem(report.error().status, report.error().detail));
                    });
  return later;
}

}  // namespace weir::server
