#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "lb/admin/live_text.h"
#include "lb/admin/message.h"

namespace weir::admin {

// The documents of /api/v1/live as server-sent events have them, each made once for all clients, and only
// while one asks. On the control thread, where the facts are gathered; the text is written elsewhere.
class LiveFeed {
 public:
  static constexpr base::Duration kPeriod = std::chrono::seconds(1);
  // With what the work gave, and the time.
  using Done = std::function<void(std::string, base::Instant)>;
  // Does `work` on any thread, and then `done` on this one, with news for the sources. False: it cannot be
  // done now, and nothing is.
  using Run = std::function<bool(std::move_only_function<std::string()> work, Done done)>;

  explicit LiveFeed(Run run) : run_(std::move(run)) {}
  ~LiveFeed() = default;
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // Begins the next document, if its time has come and it is not begun yet.
  void make(const State& state, const LiveMoment& at);
  std::string_view frame() const { return frame_; }  // the last one
  std::uint64_t number() const { return number_; }   // of the last one, from 1; 0: there was none
  // The last one tells of now, as far as a client wants to know.
  bool is_fresh(base::Instant now) const { return now < made_ + kPeriod; }
  // When the next one may begin.
  base::Instant due() const { return std::max(made_ + kPeriod, again_); }

 private:
  const Run run_;
  std::string frame_;
  std::uint64_t number_ = 0;
  base::Instant made_ = base::Instant::min();   // when the last one was written
  base::Instant again_ = base::Instant::min();  // after one that could not be
  bool making_ = false;
};

// The feed as one client gets it. A client that is slow to take a document misses those that come meanwhile.
// It ends when the daemon stops. `state`, with operations, outlives it.
class LiveSource final : public Source {
 public:
  // `wall`: the time of the first call of next().
  LiveSource(const State& state, base::WallTime wall) : state_(state), began_wall_(wall) {}

  std::optional<std::string> next(base::Instant now) override;
  base::Instant due() const override { return due_; }

 private:
  const State& state_;
  const base::WallTime began_wall_;
  std::optional<base::Instant> began_;
  std::uint64_t taken_ = 0;
  base::Instant due_{};
};

}  // namespace weir::admin
