#include "lb/server/errand.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>

using namespace weir;
using namespace weir::server;

namespace {

void run_until(net::Loop& loop, const auto& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && std::chrono::steady_clock::now() < give_up)
    loop.run_once(std::chrono::milliseconds(10));
}

}  // namespace

TEST_CASE("an errand is done on a thread of its own, and heard of on the loop's, one after the other") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Errand errand(loop);
  for (const char* const words : {"first", "second"}) {
    std::thread::id worked_on, heard_on;
    std::string heard;
    CHECK(errand.run(
        [&] {
          worked_on = std::this_thread::get_id();
          return std::string(words);
        },
        [&](std::string text) {
          heard = std::move(text);
          heard_on = std::this_thread::get_id();
        }));
    run_until(loop, [&] { return !heard.empty(); });
    CHECK(heard == words);
    CHECK(heard_on == std::this_thread::get_id());
    CHECK(worked_on != std::this_thread::get_id());
  }
}

TEST_CASE("who sends somebody on an errand and goes waits for its end, and hears nothing of it") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  std::atomic<bool> leaving = false, ended = false;
  bool heard = false;
  {
    Errand errand(loop);
    CHECK(errand.run(
        [&] {
          while (!leaving) std::this_thread::yield();
          for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // who does not wait is gone by now
          ended = true;
          return std::string();
        },
        [&](const std::string&) { heard = true; }));
    leaving = true;
  }
  CHECK(ended);
  for (int i = 0; i < 3; ++i) loop.run_once({});
  CHECK_FALSE(heard);
}

TEST_CASE(
    "where there is no thread for an errand, that is said, nothing is done, and a later one goes well") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  bool full = true;
  Errand errand(loop, [&](std::move_only_function<void()> body) {
    if (full) throw std::system_error(EAGAIN, std::generic_category());
    return std::thread(std::move(body));
  });
  std::string heard;
  const auto send = [&](const std::string& words) {
    return errand.run([words] { return words; }, [&](std::string text) { heard = std::move(text); });
  };
  CHECK(send("first").error() == std::generic_category().message(EAGAIN));
  full = false;
  CHECK(send("second"));
  run_until(loop, [&] { return !heard.empty(); });
  CHECK(heard == "second");
}
