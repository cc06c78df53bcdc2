#include "lb/observe/access_selection.h"

#include <doctest/doctest.h>

using namespace weir;
using namespace weir::observe;

namespace {

int taken(const model::AccessLog& settings, unsigned status, bool remarkable, int of) {
  base::Random random(7);
  const AccessSelection selection(settings);
  int count = 0;
  for (int i = 0; i < of; ++i) count += selection.takes(status, remarkable, random) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("an error has a status of 400 or above, or is remarkable otherwise") {
  model::AccessLog settings;
  settings.only = model::AccessLog::Only::errors;
  CHECK(taken(settings, 399, false, 10) == 0);
  CHECK(taken(settings, 101, false, 10) == 0);
  CHECK(taken(settings, 400, false, 10) == 10);
  CHECK(taken(settings, 503, true, 10) == 10);
  CHECK(taken(settings, 200, true, 10) == 10);
}

TEST_CASE("a sample is of what is no error; errors are all there") {
  model::AccessLog settings;
  CHECK(taken(settings, 200, false, 1000) == 1000);
  settings.sample = 10;
  const int some = taken(settings, 200, false, 100'000);
  CHECK(some > 9'500);
  CHECK(some < 10'500);
  CHECK(taken(settings, 404, false, 1000) == 1000);
  CHECK(taken(settings, 200, true, 1000) == 1000);
  settings.sample = 0.001;
  CHECK(taken(settings, 200, false, 10'000) <= 2);
  settings.only = model::AccessLog::Only::errors;
  CHECK(taken(settings, 200, false, 1000) == 0);
}
