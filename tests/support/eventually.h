#pragma once

#include <chrono>
#include <thread>

namespace weir::test {

using Milliseconds = std::chrono::milliseconds;

// How long a test waits for what has to come: generous, since it costs time only when a test fails.
inline constexpr Milliseconds kPatience{20'000};

// Asks until the answer is true. False if it never was.
template <typename Condition>
bool eventually(Condition&& condition, Milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(Milliseconds(5));
  }
  return true;
}

class Stopwatch {
 public:
  Milliseconds elapsed() const {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start_);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace weir::test
