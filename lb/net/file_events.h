#pragma once

#include <sys/inotify.h>

#include <expected>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lb/net/watcher.h"

namespace weir::net {

// Hints that something happened in some directories: a file written, renamed, deleted or replaced. Which one
// and what, the owner has to look for itself; the kernel may leave events out, and network file systems raise
// none. One thread's; the callback may destroy this object.
class FileEvents {
 public:
  FileEvents(Loop& loop, std::function<void()> callback);
  ~FileEvents() = default;
  FileEvents(const FileEvents&) = delete;
  FileEvents& operator=(const FileEvents&) = delete;

  // These directories in place of those before. In place of one that is not there, the closest above it is
  // watched until the next call; one that was replaced by another is noticed by the next call. Tells whether
  // any is new: what happened in it before raised no hint. The error, of the first that cannot be watched, is
  // an errno: ENOSPC or EMFILE if a limit of inotify is reached. The others are watched all the same.
  std::expected<bool, int> watch(const std::vector<std::string>& directories);

  // Somebody has written to a file in them and not closed it yet.
  bool writing() const { return !open_.empty(); }

 private:
  using Name = std::pair<int, std::string>;  // of a file: in the directory of that watch

  std::expected<int, int> add(std::string directory);
  void read_events();
  bool take(const inotify_event& event);

  std::function<void()> callback_;
  Fd inotify_;
  Watcher watcher_;
  bool begun_ = false;
  std::set<int> watches_;
  std::set<Name> open_;
};

}  // namespace weir::net
