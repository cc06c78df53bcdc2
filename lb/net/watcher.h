#pragma once

#include <cstdint>
#include <expected>

#include "lb/net/loop.h"

namespace weir::net {

// Readiness of one descriptor: edge triggered beneath (one epoll_ctl in its life), level triggered to its
// owner. What was ready stays ready, and comes again each turn while it is wanted, until the owner says that
// it is spent: a read or write that would block, or did less than was asked for. The owner may destroy the
// watcher from inside its callback; the descriptor must stay open until then.
class Watcher {
 public:
  static constexpr int kReadable = 1;
  static constexpr int kWritable = 2;
  // Nothing but errors and hang-ups, which every mask except 0 reports, once.
  static constexpr int kErrors = 4;
  // `events`: what is ready. On an error or hang-up both are set: the next read or write will tell.
  using Callback = void (*)(void* owner, int events);

  Watcher(Loop& loop, void* owner, Callback callback)
      : loop_(loop), owner_(owner), callback_(callback), place_(loop.take_place(*this)) {}
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Begins, once. The error is an errno: no memory, or more descriptors than fs.epoll.max_user_watches.
  std::expected<void, int> watch(int fd);

  void set(int events);
  int events() const { return wanted_; }

  // There is no more for now: nothing to read, no room to write.
  void spent(int events) { ready_ &= static_cast<std::uint8_t>(~events); }
  // The end of the input, or an error, has been announced: a short read has not taken it.
  bool ending() const { return ending_; }
  // The descriptor closes right after this object, and this process has no duplicate: there is no need to
  // take it from the set.
  void closes_with_descriptor() { fd_ = -1; }

 private:
  friend class Loop;
  static constexpr int kHangUp = 8;  // in ready_: not told yet

  void note(std::uint32_t epoll_events);
  bool due() const;
  int take_due();

  Loop& loop_;
  void* owner_;
  Callback callback_;
  const std::uint32_t place_;  // among the loop's
  int fd_ = -1;
  std::uint8_t wanted_ = 0;
  std::uint8_t ready_ = 0;
  bool ending_ = false;
  bool queued_ = false;
};

}  // namespace weir::net
