#include "bench/measure/interruption.h"

#include <signal.h>

#include <atomic>
#include <initializer_list>

namespace weir::bench {
namespace {

// Threads read it, and a signal handler may write it only if that takes no lock.
std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void remember(int) { g_interrupted.store(true, std::memory_order_relaxed); }

}  // namespace

void expect_interruption() {
  struct sigaction action{};
  action.sa_handler = remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

bool interrupted() { return g_interrupted.load(std::memory_order_relaxed); }

}  // namespace weir::bench
