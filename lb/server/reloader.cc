#include "lb/server/reloader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/base/log.h"

namespace weir::server {

namespace log = base::log;

namespace {

// Between tries to go back, when that has failed.
constexpr base::Duration kTryAgain = std::chrono::seconds(10);

}  // namespace

Reloader::Reloader(net::Loop& loop, net::Mailbox& mailbox, observe::Registry& registry, unsigned workers,
                   Outlets outlets)
    : loop_(loop),
      outlets_(std::move(outlets)),
      loader_(mailbox, registry, workers),
      timer_(loop.timers(), this, [](void* self) { static_cast<Reloader*>(self)->on_time(); }) {}

Reloader::~Reloader() = default;

void Reloader::start(base::WallTime began) {
  load_began_ = began;
  guard_.set(outlets_.running()->snapshot->process.rollback);
  watch();
  arm();
}

void Reloader::stop() {
  watcher_.reset();
  guard_.settle();
  timer_.clear();
}

// --- files

void Reloader::watch() {
  const auto running = outlets_.running();
  if (running->source.file.empty()) return;
  watch_settings_ = running->snapshot->process.watch;
  FileWatcher::Callbacks callbacks{
      .changed = [this] { request(ReloadCause::file); },
      .restless =
          [] {
            log::warn("the files of the configuration keep changing: they are loaded once they are still");
          },
      .without_events =
          [](int error) {
            log::warn("changes of the configuration's files are noticed late, by looking: {}",
                      std::strerror(error));
          }};
  watcher_ = std::make_unique<FileWatcher>(loop_, watch_settings_, watched(running->source.inputs),
                                           load_began_, std::move(callbacks));
}

// Those that a load came upon, and the secrets of what is in force.
config::Watched Reloader::watched(const config::Inputs& inputs) const {
  return config::watched(inputs, config::secret_files(*outlets_.running()->snapshot));
}

// --- requests

void Reloader::request(ReloadCause cause, std::optional<base::Duration> confirm, Done done) {
  waiting_.push_back({cause, confirm, std::move(done)});
  begin();
}

void Reloader::begin() {
  if (busy_ || waiting_.empty()) return;
  if (provisional_ || paused_) return turn_away();
  loading_ = std::exchange(waiting_, {});
  set_busy(true);
  load_began_ = wall();
  if (watcher_ && !asked_by_watcher()) watcher_->load_begins();
  loader_.load(outlets_.running()->source.file, outlets_.running(),
               [this](LoadOutcome outcome) { on_loaded(std::move(outcome)); });
}

void Reloader::set_busy(bool busy) {
  busy_ = busy;
  outlets_.under_way(busy);
}

// While a configuration waits to be confirmed no other is loaded; a change of the files is, once it is. While
// an upgrade is under way the next process loads them, or this one when it fails.
void Reloader::turn_away() {
  const std::string why =
      paused_ ? "an upgrade is under way: what the files say then is loaded behind it"
              : "a configuration waits to be confirmed: `weir confirm`, or wait until it is rolled back";
  for (Order& order : std::exchange(waiting_, {})) {
    if (order.cause == ReloadCause::file) {
      missed_change_ = true;
      watcher_->loaded(watched(outlets_.running()->source.inputs));
    }
    if (order.cause == ReloadCause::signal) {
      missed_change_ = missed_change_ || paused_;
      log::warn("SIGHUP: {}", why);
    }
    if (order.done) order.done(std::unexpected(admin::Refusal{409, why}));
  }
}

void Reloader::resume() {
  paused_ = false;
  if (!provisional_ && std::exchange(missed_change_, false)) request(ReloadCause::command);
}

bool Reloader::asked_by_watcher() const {
  return std::ranges::find(loading_, ReloadCause::file, &Order::cause) != loading_.end();
}

bool Reloader::confirm() {
  if (!provisional_) return false;
  provisional_.reset();
  log::info("the configuration is confirmed");
  if (std::exchange(missed_change_, false)) request(ReloadCause::command);
  arm();
  return true;
}

// --- loads

void Reloader::on_loaded(LoadOutcome outcome) {
  if (!outcome) return refuse(std::move(outcome.error().diagnostics), outcome.error().inputs);
  prepare(*std::move(outcome), [this](LoadedConfiguration loaded) { accept(std::move(loaded)); });
}

void Reloader::prepare(LoadedConfiguration loaded, std::function<void(LoadedConfiguration)> then) {
  const auto waiting = std::make_shared<LoadedConfiguration>(std::move(loaded));
  outlets_.prepare(*waiting->configuration, [waiting, then = std::move(then)] { then(std::move(*waiting)); });
}

void Reloader::accept(LoadedConfiguration loaded) {
  ReloadReport report{.at = wall(), .cause = loading_.front().cause, .plan = loaded.plan};
  report.result = loaded.plan.empty() ? ReloadResult::unchanged : ReloadResult::applied;
  report.diagnostics = std::move(loaded.warnings);
  const auto before = outlets_.running();
  const config::Inputs inputs = loaded.configuration->source.inputs;
  if (const auto done = outlets_.apply(std::move(loaded)); !done) {
    return refuse({diagnostic_of(done.error())}, inputs);
  }
  if (watcher_) watcher_->loaded(watched(inputs));
  follow_settings();
  if (report.result == ReloadResult::applied) {
    if (!guard_.on_trial()) guarded_ = before;
    guard_.reloaded(outlets_.traffic(), now());
    for (const Order& order : loading_) {
      if (!order.confirm || (provisional_ && provisional_->until <= now() + *order.confirm)) continue;
      provisional_ = Provisional{before, now() + *order.confirm};
      report.confirm_until = wall() + *order.confirm;
    }
  }
  finish(std::move(report));
}

// Those of what is in force.
void Reloader::follow_settings() {
  const auto running = outlets_.running();
  if (running->snapshot->process.watch != watch_settings_) watch();
  guard_.set(running->snapshot->process.rollback);
}

void Reloader::refuse(config::Diagnostics diagnostics, const config::Inputs& inputs) {
  config::Inputs all = outlets_.running()->source.inputs;
  std::ranges::copy(inputs.files, std::back_inserter(all.files));
  std::ranges::copy(inputs.patterns, std::back_inserter(all.patterns));
  std::ranges::copy(inputs.extra_files, std::back_inserter(all.extra_files));
  const bool others_wait =
      std::ranges::any_of(loading_, [](const Order& order) { return order.cause != ReloadCause::file; });
  if (watcher_ && others_wait) watcher_->loaded(watched(all));
  if (watcher_ && !others_wait && watcher_->failed(watched(all)) == FileWatcher::Failure::retry) {
    loading_.clear();
    set_busy(false);
    return begin();
  }
  finish({.at = wall(),
          .cause = loading_.front().cause,
          .result = ReloadResult::refused,
          .diagnostics = std::move(diagnostics)});
}

void Reloader::finish(ReloadReport report) {
  outlets_.report(report);
  for (Order& order : std::exchange(loading_, {})) {
    if (order.done) order.done(report);
  }
  set_busy(false);
  arm();
  begin();
}

// --- back

void Reloader::roll_back(ReloadCause cause, std::string why) {
  if (busy_) return;  // on_time() comes again
  const auto before = provisional_ ? provisional_->before : guarded_;
  provisional_.reset();
  if (std::exchange(missed_change_, false)) {
    log::warn("a change of the files meanwhile was not loaded: `weir reload` loads it");
  }
  guard_.settle();
  set_busy(true);
  loader_.restore(
      before, outlets_.running(), [this, back = Return{cause, before, std::move(why)}](LoadOutcome outcome) {
        prepare(*std::move(outcome),
                [this, back](LoadedConfiguration loaded) { on_restored(std::move(loaded), back); });
      });
}

void Reloader::on_restored(LoadedConfiguration loaded, const Return& back) {
  ReloadReport report{.at = wall(), .cause = back.cause, .plan = loaded.plan, .detail = back.why};
  if (const auto done = outlets_.apply(std::move(loaded)); !done) {
    report.result = ReloadResult::rollback_failed;
    report.diagnostics = {diagnostic_of(done.error())};
    provisional_ = Provisional{back.before, now() + kTryAgain};
  } else {
    report.result = ReloadResult::rolled_back;
    follow_settings();
  }
  finish(std::move(report));
}

// --- time

void Reloader::on_time() {
  if (provisional_ && now() >= provisional_->until) {
    roll_back(ReloadCause::unconfirmed, "since nobody confirmed it in time");
  }
  if (guard_.on()) {
    if (const auto why = guard_.look(outlets_.traffic(), now())) roll_back(ReloadCause::errors, *why);
  }
  arm();
}

void Reloader::arm() {
  base::Instant next = guard_.on() ? now() + RollbackGuard::kInterval : base::kNever;
  if (provisional_) next = std::min(next, provisional_->until);
  timer_.set(next);
}

}  // namespace weir::server
