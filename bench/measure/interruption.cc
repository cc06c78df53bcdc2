#include "bench/measure/interruption.h"

#include <signal.h>

#include <initializer_list>

namespace weir::bench {
namespace {

volatile sig_atomic_t g_interrupted = 0;

void remember(int) { g_interrupted = 1; }

}  // namespace

void expect_interruption() {
  struct sigaction action{};
  action.sa_handler = remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

bool interrupted() { return g_interrupted != 0; }

}  // namespace weir::bench
