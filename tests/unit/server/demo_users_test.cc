#include "lb/server/demo_users.h"

#include <doctest/doctest.h>

using namespace weir::server;
using std::chrono::microseconds;

TEST_CASE("what the users of the demo say") {
  CHECK(to_text({}) == "users: 0 requests, 0 errors, slowest 0.0 ms");
  CHECK(to_text({.answered = 3600, .slowest = microseconds(12'300)}) ==
        "users: 3 600 requests, 0 errors, slowest 12 ms");
  CHECK(to_text({.answered = 1'234'566, .errors = 1, .slowest = microseconds(1250)}) ==
        "users: 1 234 567 requests, 1 error, slowest 1.2 ms");
  CHECK(to_text({.answered = 100, .errors = 899, .slowest = std::chrono::seconds(2)}) ==
        "users: 999 requests, 899 errors, slowest 2000 ms");
}
