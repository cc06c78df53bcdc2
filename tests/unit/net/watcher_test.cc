#include "lb/net/watcher.h"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "lb/net/tcp_stream.h"

namespace weir::net {
namespace {

constexpr int kBoth = Watcher::kReadable | Watcher::kWritable;

std::array<Fd, 2> pair() {
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

void put(const Fd& fd, std::string_view bytes) {
  REQUIRE(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

struct Watched {
  explicit Watched(Loop& loop, int fd)
      : watcher(std::make_unique<Watcher>(loop, this, [](void* self, int events) {
          auto* watched = static_cast<Watched*>(self);
          watched->seen.push_back(events);
          if (watched->then) watched->then();
        })) {
    REQUIRE(watcher->watch(fd).has_value());
  }

  // How often it is called in a turn in which nothing may happen.
  std::size_t turn(Loop& loop) {
    seen.clear();
    loop.run_once({});
    return seen.size();
  }

  std::unique_ptr<Watcher> watcher;
  std::vector<int> seen;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("what is ready and wanted comes each turn until it is spent, and again with new bytes") {
  const base::SystemClock clock;
  Loop loop(clock);
  auto [mine, peer] = pair();
  Watched watched(loop, mine.get());
  watched.watcher->set(Watcher::kReadable);
  CHECK(watched.turn(loop) == 0);
  put(peer, "a");
  for (int i = 0; i < 3; ++i) {
    CHECK(watched.turn(loop) == 1);
    CHECK(watched.seen == std::vector{Watcher::kReadable});
  }
  watched.watcher->spent(Watcher::kReadable);
  CHECK(watched.turn(loop) == 0);
  put(peer, "b");
  CHECK(watched.turn(loop) == 1);
}

TEST_CASE("what became ready while nobody wanted it comes when somebody does") {
  const base::SystemClock clock;
  Loop loop(clock);
  auto [mine, peer] = pair();
  Watched watched(loop, mine.get());
  put(peer, "a");
  CHECK(watched.turn(loop) == 0);
  watched.watcher->set(kBoth);
  CHECK(watched.turn(loop) == 1);
  CHECK(watched.seen == std::vector{kBoth});
  watched.watcher->set(0);
  CHECK(watched.turn(loop) == 0);
}

TEST_CASE("the peer's end is announced, and a hang-up tells every mask but 0, once") {
  const base::SystemClock clock;
  Loop loop(clock);
  auto [mine, peer] = pair();
  Watched watched(loop, mine.get());
  watched.watcher->set(Watcher::kErrors);
  ::shutdown(peer.get(), SHUT_WR);
  CHECK(watched.turn(loop) == 0);  // half-closed is not hung up
  CHECK(watched.watcher->ending());
  watched.watcher->set(0);
  peer.reset();
  CHECK(watched.turn(loop) == 0);
  watched.watcher->set(Watcher::kErrors);
  CHECK(watched.turn(loop) == 1);
  CHECK(watched.seen == std::vector{kBoth});
  CHECK(watched.turn(loop) == 0);
}

TEST_CASE("a watcher may go in a callback: its own, or that of another one whose event is next") {
  const base::SystemClock clock;
  for (const bool queued : {false, true}) {
    CAPTURE(queued);
    Loop loop(clock);
    std::vector<std::array<Fd, 2>> pairs;
    std::vector<std::unique_ptr<Watched>> all;
    int calls = 0;
    for (int i = 0; i < 8; ++i) {
      pairs.push_back(pair());
      all.push_back(std::make_unique<Watched>(loop, pairs.back()[0].get()));
      put(pairs.back()[1], "a");
    }
    if (queued) loop.run_once({});  // ready already: they wait in the loop's own list
    for (const auto& watched : all) {
      watched->watcher->set(Watcher::kReadable);
      watched->then = [&] {
        ++calls;
        for (const auto& each : all) each->watcher.reset();
      };
    }
    loop.run_once({});
    CHECK(calls == 1);
  }
}

TEST_CASE("a watcher may go in a deadline's callback, with an event of its own in the same turn") {
  base::ManualClock clock;
  Loop loop(clock);
  std::vector<std::array<Fd, 2>> pairs;
  std::vector<std::unique_ptr<Watched>> all;
  for (int i = 0; i < 8; ++i) {
    pairs.push_back(pair());
    all.push_back(std::make_unique<Watched>(loop, pairs.back()[0].get()));
    all.back()->watcher->set(Watcher::kReadable);
  }
  loop.run_once({});  // the events of an earlier turn
  Deadline deadline(loop.timers(), &all, [](void* watched) {
    for (const auto& each : *static_cast<decltype(all)*>(watched)) each->watcher.reset();
  });
  deadline.set(clock.now() + std::chrono::seconds(1));
  for (const auto& [mine, peer] : pairs) put(peer, "a");
  clock.advance(std::chrono::seconds(2));
  loop.run_once({});
  for (const auto& watched : all) {
    CHECK(watched->watcher == nullptr);
    CHECK(watched->seen.empty());
  }
}

TEST_CASE("a watcher that goes is watched no more, though a duplicate keeps the socket open") {
  const base::SystemClock clock;
  Loop loop(clock);
  auto [mine, peer] = pair();
  const Fd duplicate(::dup(mine.get()));
  {
    Watched watched(loop, mine.get());
    watched.watcher->set(Watcher::kReadable);
  }
  mine.reset();
  put(peer, "a");
  loop.run_once({});  // an event without a watcher would be a use after free
  Watched again(loop, duplicate.get());
  again.watcher->set(Watcher::kReadable);
  CHECK(again.turn(loop) == 1);
}

TEST_CASE(
    "what comes of a socket that is closed here, and still open in a process that is being started, is "
    "nobody's") {
  const base::SystemClock clock;
  Loop loop(clock);
  auto [mine, peer] = pair();
  const Fd copy(::dup(mine.get()));  // as a fork has it, until it execs
  {
    Watched gone(loop, mine.get());
    gone.watcher->set(kBoth);
    gone.watcher->closes_with_descriptor();
  }
  mine.reset();
  auto [other, other_peer] = pair();
  Watched next(loop, other.get());  // perhaps in the memory of the one that is gone, and with its number
  next.watcher->set(Watcher::kReadable);
  put(peer, "a");
  peer.reset();
  CHECK(next.turn(loop) == 0);
  put(other_peer, "a");
  CHECK(next.turn(loop) == 1);
  CHECK(next.seen == std::vector{Watcher::kReadable});
}

TEST_CASE("a descriptor that the kernel does not watch is an error, and nothing of it is left") {
  const base::SystemClock clock;
  Loop loop(clock);
  const Fd file(::memfd_create("file", 0));  // epoll takes no files
  {
    Watcher watcher(loop, nullptr, [](void*, int) {});
    CHECK(watcher.watch(file.get()).error() == EPERM);
  }
  CHECK(TcpStream::adopt(loop, Fd(::dup(file.get()))).error() == EPERM);
  auto [mine, peer] = pair();
  Watched watched(loop, mine.get());
  Watcher second(loop, nullptr, [](void*, int) {});
  CHECK(second.watch(mine.get()).error() == EEXIST);
  loop.run_once({});
}

TEST_CASE("stop() before run(), or from what runs before the loop waits, is not lost") {
  const base::SystemClock clock;
  Loop loop(clock);
  loop.stop();
  loop.run();
  int runs = 0;
  loop.defer([&] {
    ++runs;
    loop.stop();
  });
  loop.run();
  CHECK(runs == 1);
}

}  // namespace weir::net
