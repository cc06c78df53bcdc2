#pragma once

#include <functional>
#include <memory>

#include "config/watch.h"
#include "lb/model/snapshot.h"
#include "lb/net/file_events.h"
#include "lb/net/loop.h"

namespace weir::server {

// Watches the files of the configuration, and says when to load them anew. The control thread's; made after
// the first load, and again when `process.watch` changes. Between `changed` and the end of that load, which
// it is told, it rests. The callbacks may destroy it.
class FileWatcher {
 public:
  using Failure = config::ChangeWatch::Failure;

  struct Callbacks {
    std::function<void()> changed;        // load, and tell how it went
    std::function<void()> restless = {};  // the files have not been still for 5 s: nothing is loaded yet
    // Events cannot be had, for this errno: changes are noticed by looking, later. Once for each reason.
    std::function<void(int error)> without_events = {};
  };

  // `began`: when the load began that was the last one.
  FileWatcher(net::Loop& loop, const model::Watch& watch, config::Watched watched, base::WallTime began,
              Callbacks callbacks);
  ~FileWatcher() = default;
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  // A load begins that `changed` did not ask for.
  void load_begins();

  // The end of a load, with what is to be watched from now on: what this load names even if it failed, and
  // the secrets of the snapshot that is in use.
  void loaded(config::Watched watched);
  // Retry: say nothing, the next `changed` comes in a moment. A failure that is reported at once, because
  // somebody waits for it, is told by loaded().
  Failure failed(config::Watched watched);

 private:
  config::Marks look();
  void look_for_changes();
  void watch_directories(const std::vector<std::string>& directories);
  void arm();

  net::Loop& loop_;
  const bool off_;
  const Callbacks callbacks_;
  config::Watched watched_;
  base::WallTime began_;
  config::ChangeWatch changes_;
  net::Deadline next_look_;
  std::unique_ptr<net::FileEvents> events_;  // null: by looking alone
  int events_error_ = 0;
};

}  // namespace weir::server
