#include "lb/server/file_watcher.h"

#include <utility>

#include "lb/server/file_marks.h"

namespace weir::server {
namespace {

using Mode = model::Watch::Mode;

std::optional<base::Duration> poll_interval(const model::Watch& watch) {
  if (watch.mode == Mode::off) return std::nullopt;
  return watch.interval;
}

}  // namespace

FileWatcher::FileWatcher(net::Loop& loop, const model::Watch& watch, config::Watched watched,
                         base::WallTime began, Callbacks callbacks)
    : loop_(loop),
      off_(watch.mode == Mode::off),
      callbacks_(std::move(callbacks)),
      began_(began),
      changes_(poll_interval(watch)),
      next_look_(loop.timers(), this,
                 [](void* self) { static_cast<FileWatcher*>(self)->look_for_changes(); }) {
  if (watch.mode == Mode::automatic) {
    events_ = std::make_unique<net::FileEvents>(loop, [this] {
      changes_.hint();
      arm();
    });
  }
  loaded(std::move(watched));
}

void FileWatcher::load_begins() {
  if (off_) return;
  began_ = loop_.clock().wall();
  changes_.load_begins(look());
  arm();
}

void FileWatcher::loaded(config::Watched watched) {
  if (off_) return;
  watched_ = std::move(watched);
  changes_.loaded(look(), began_, loop_.now());
  arm();
}

FileWatcher::Failure FileWatcher::failed(config::Watched watched) {
  if (off_) return Failure::report;
  watched_ = std::move(watched);
  const Failure failure = changes_.failed(look(), began_, loop_.now());
  arm();
  return failure;
}

config::Marks FileWatcher::look() {
  Look look = look_at(watched_);
  watch_directories(look.directories);
  return std::move(look.marks);
}

void FileWatcher::look_for_changes() {
  config::Marks marks = look();
  const bool writing = events_ != nullptr && events_->writing();
  const auto advice = changes_.looked(std::move(marks), loop_.now(), writing);
  arm();
  std::function<void()> callback;
  switch (advice) {
    case config::ChangeWatch::Advice::wait: return;
    case config::ChangeWatch::Advice::restless: callback = callbacks_.restless; break;
    case config::ChangeWatch::Advice::load:
      began_ = loop_.clock().wall();
      callback = callbacks_.changed;
      break;
  }
  if (callback) callback();
}

void FileWatcher::watch_directories(const std::vector<std::string>& directories) {
  if (events_ == nullptr) return;
  const auto fresh = events_->watch(directories);
  const int error = fresh ? 0 : fresh.error();
  // Between the look and the first event of a new one, something may have happened.
  if (fresh && *fresh) changes_.hint();
  if (error == std::exchange(events_error_, error) || error == 0) return;
  if (!callbacks_.without_events) return;
  loop_.defer([callback = callbacks_.without_events, error] { callback(error); });
}

void FileWatcher::arm() {
  const base::Instant at = changes_.next_look();
  if (at == base::kNever) {
    next_look_.clear();
  } else {
    next_look_.set(at);
  }
}

}  // namespace weir::server
