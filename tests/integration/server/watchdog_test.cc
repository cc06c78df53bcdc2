// The watchdog over real threads: one of them hangs.
#include "lb/server/watchdog.h"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "lb/net/mailbox.h"

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kInterval = 20ms;

// A thread with a loop, as a worker is one.
class Turning {
 public:
  explicit Turning(const base::Clock& clock) {
    std::promise<void> ready;
    auto is_ready = ready.get_future();
    thread_ = std::thread([&clock, this, ready = std::move(ready)]() mutable {
      net::Loop loop(clock);
      net::Mailbox mailbox(loop);
      loop_ = &loop;
      mailbox_ = &mailbox;
      ready.set_value();
      loop.run();
    });
    is_ready.wait();
  }
  ~Turning() {
    call([this] { loop_->stop(); });
    thread_.join();
  }
  Turning(const Turning&) = delete;
  Turning& operator=(const Turning&) = delete;

  void call(net::Mailbox::Task task) { mailbox_->post(std::move(task)); }

 private:
  net::Loop* loop_ = nullptr;
  net::Mailbox* mailbox_ = nullptr;
  std::thread thread_;
};

struct WatchdogScene {
  WatchdogScene() {
    for (int i = 0; i < 3; ++i) workers.push_back(std::make_unique<Turning>(clock));
    watchdog = std::make_unique<server::Watchdog>(
        loop, kInterval, 3,
        server::Watchdog::Outlets{.ask =
                                      [this](unsigned worker, std::function<void()> answered) {
                                        ++asked;
                                        workers[worker]->call(
                                            [this, answered = std::move(answered)]() mutable {
                                              mailbox.post(std::move(answered));
                                            });
                                      },
                                  .ping = [this] { ++pings; }});
  }
  ~WatchdogScene() {
    workers.clear();
    watchdog.reset();
  }

  // Turns the control loop for so long.
  void turn(base::Duration time) {
    net::Deadline end(loop.timers(), this,
                      [](void* self) { static_cast<WatchdogScene*>(self)->loop.stop(); });
    end.set(loop.clock().now() + time);
    loop.run();
  }
  // ... or until there are so many signs of life.
  bool turn_until(int wanted) {
    for (int i = 0; i < 1000 && pings < wanted; ++i) turn(10ms);
    return pings >= wanted;
  }

  base::SystemClock clock;
  net::Loop loop{clock};
  net::Mailbox mailbox{loop};
  std::vector<std::unique_ptr<Turning>> workers;
  std::unique_ptr<server::Watchdog> watchdog;
  int asked = 0;
  int pings = 0;
};

}  // namespace

TEST_CASE("there are signs of life while all workers turn") {
  WatchdogScene scene;
  CHECK(scene.turn_until(5));
  CHECK(scene.asked >= 15);
}

TEST_CASE("a worker that hangs ends the signs of life, and they come again when it goes on") {
  WatchdogScene scene;
  REQUIRE(scene.turn_until(1));
  std::promise<void> hangs, go_on;
  scene.workers[1]->call([&] {
    hangs.set_value();
    go_on.get_future().wait();
  });
  hangs.get_future().wait();
  scene.turn(2 * kInterval);  // one whose question was answered before may be due
  const int asked = scene.asked;
  const int pings = scene.pings;
  scene.turn(10 * kInterval);
  CHECK(scene.pings == pings);
  CHECK(scene.asked == asked);  // nothing piles up

  go_on.set_value();
  CHECK(scene.turn_until(pings + 3));
}

TEST_CASE("an answer that comes after the watchdog has gone finds nobody") {
  WatchdogScene scene;
  scene.watchdog.reset();
  scene.turn(3 * kInterval);
  CHECK(scene.pings == 0);
}
