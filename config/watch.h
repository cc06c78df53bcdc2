#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/load.h"
#include "lb/base/clock.h"

// Which files the configuration depends on, and when a change of them is to be loaded: soon after the last
// write, but never in the middle of one. Pure: times and what a look at the files showed come as arguments.
namespace weir::config {

// What the configuration depends on. A file may be missing.
struct Watched {
  std::vector<std::string> files;
  std::vector<std::string> patterns;
  bool operator==(const Watched&) const = default;
};

// `secrets`: files that no load reads; see secret_files().
Watched watched(const Inputs& inputs, const std::vector<std::string>& secrets);

// What stat(2) shows of the file that a path leads to. Each way to save a file changes some of it: a write in
// place, a rename over it, a swap of a symbolic link.
struct FileMark {
  enum class Kind { regular, other };

  std::string path;
  int error = 0;  // an errno: there is no such file, or none that we may see
  Kind kind = Kind::regular;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  // Of regular files only. In nanoseconds since 1970.
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::int64_t changed = 0;  // the file, or a symbolic link on the way to it
  bool operator==(const FileMark&) const = default;
};

// Of one of the names that are watched: its file, or all that match the pattern, in their order.
struct Mark {
  std::string name;
  std::vector<FileMark> files;
  bool operator==(const Mark&) const = default;
};
using Marks = std::vector<Mark>;

// A load is due when the files differ from those of the last one and have been still for a moment. One that
// fails is repeated once before anybody hears of it: its writer may have paused in the middle.
//
//             looked: changed            looked: still
//   at rest ------------------> changing --------------> loading --> at rest, perhaps with a retry
//      ^---- looked: as it was ----'
//
// Work is bounded: while the files never stop changing there are looks, 25 ms apart at the least, and no
// load.
class ChangeWatch {
 public:
  static constexpr base::Duration kStill = std::chrono::milliseconds(100);
  // The same while somebody who wrote has not closed the file yet.
  static constexpr base::Duration kStillOpen = std::chrono::milliseconds(300);
  // Between looks that hints ask for: after one that saw a change, and after one that saw none.
  static constexpr base::Duration kBusyGap = std::chrono::milliseconds(25);
  static constexpr base::Duration kCalmGap = std::chrono::milliseconds(100);
  static constexpr base::Duration kRetry = std::chrono::milliseconds(150);
  static constexpr base::Duration kLong = std::chrono::seconds(5);

  enum class Advice {
    wait,
    load,      // now; the watch rests until its end is told
    restless,  // wait; but the files have been changing for kLong, which is said once
  };
  enum class Failure { retry, report };

  // How often to look without a hint. Absent: never.
  explicit ChangeWatch(std::optional<base::Duration> poll) : poll_(poll) {}

  // Something happened to a file, perhaps.
  void hint() { hinted_ = true; }
  // kNever while a load is under way.
  base::Instant next_look() const;
  // `open`: somebody has written to a file nearby and not closed it.
  Advice looked(Marks marks, base::Instant now, bool open = false);

  // A load begins that looked() did not ask for, right after this look: the first, or one on demand.
  void load_begins(Marks marks);

  // How the load ended that began at `began`. `marks`: a look after it, at what it says is to be watched now.
  // What has changed since it began is a change.
  void loaded(Marks marks, base::WallTime began, base::Instant now);
  // A failure that has been reported already ends a load as well as success does.
  Failure failed(Marks marks, base::WallTime began, base::Instant now);

 private:
  Advice begin(bool is_retry);
  void settle(Marks marks, base::WallTime began, base::Instant now);

  std::optional<base::Duration> poll_;
  bool loading_ = true;
  Marks tried_;  // of the last load, or that under way
  Marks seen_;   // by the last look
  bool differs_ = false;
  base::Instant last_look_;
  base::Instant same_since_;
  base::Duration still_ = kStill;
  bool calm_ = true;
  bool hinted_ = false;
  base::Instant changing_since_ = base::kNever;
  bool restless_said_ = false;
  base::Instant retry_at_ = base::kNever;
  bool retried_ = false;
  base::Instant failing_since_ = base::kNever;  // without a report
};

}  // namespace weir::config
