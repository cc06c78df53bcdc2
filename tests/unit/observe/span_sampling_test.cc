#include "lb/observe/span_sampling.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "lb/base/random.h"

namespace weir::observe {
namespace {

const std::string kPrefix = "0123456789abcdef01";  // decides nothing

std::string trace_id(std::string_view last_digits) { return kPrefix + std::string(last_digits); }

}  // namespace

TEST_CASE("the last 56 bits of a trace's id decide whether it is recorded") {
  struct Row {
    double percent;
    const char* digits;
    bool taken;
  };
  const Row rows[] = {
      {0, "ffffffffffffff", false},    {0, "00000000000000", false},  {100, "00000000000000", true},
      {100, "ffffffffffffff", true},   {50, "7fffffffffffff", false}, {50, "80000000000000", true},
      {25, "bfffffffffffff", false},   {25, "c0000000000000", true},  {1, "fd70a3d70a3d6f", false},
      {1, "fd70a3d70a3d72", true},     {1, "ffffffffffffff", true},   {0.001, "ffff0000000000", false},
      {0.001, "ffffffffffffff", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.percent);
    CAPTURE(row.digits);
    CHECK(TraceSampling(row.percent).takes(trace_id(row.digits)) == row.taken);
  }
  CHECK_FALSE(TraceSampling().takes(trace_id("ffffffffffffff")));
}

TEST_CASE("the share of random traces is the one asked for, and a smaller one is a part of a larger one") {
  base::Random random(7);
  const TraceSampling few(5);
  const TraceSampling more(20);
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = fmt::format("{:016x}{:016x}", random.next(), random.next());
    taken += more.takes(id) ? 1 : 0;
    CHECK_FALSE((few.takes(id) && !more.takes(id)));
  }
  CHECK(taken > 3700);
  CHECK(taken < 4300);
}

TEST_CASE("a trusted parent decides, and an unknown one does not") {
  struct Row {
    bool has_parent;
    bool parent_sampled;
    bool trusted;
    double percent;
    bool sampled;
  };
  const Row rows[] = {
      {true, true, true, 0, true},      {true, false, true, 100, false}, {true, true, false, 0, false},
      {true, false, false, 100, true},  {false, false, true, 100, true}, {false, false, true, 0, false},
      {false, false, false, 100, true},
  };
  const std::string id = trace_id("80000000000000");
  for (const Row& row : rows) {
    CAPTURE(row.has_parent);
    CAPTURE(row.parent_sampled);
    CAPTURE(row.trusted);
    CAPTURE(row.percent);
    std::optional<http::TraceParent> parent;
    if (row.has_parent)
      parent = {.trace_id = id, .span_id = "00f067aa0ba902b7", .sampled = row.parent_sampled};
    CHECK(is_sampled(parent, row.trusted, id, TraceSampling(row.percent)) == row.sampled);
  }
}

}  // namespace weir::observe
