#include "lb/observe/access_line.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <limits>
#include <string>

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

template <class Put>
std::string written(Put put) {
  char bytes[64];
  return {bytes, put(bytes)};
}

}  // namespace

TEST_CASE("numbers of every length are written as they are") {
  const auto check = [](std::uint64_t value) {
    CHECK(written([&](char* at) { return put_number(at, value); }) == fmt::to_string(value));
  };
  for (std::uint64_t value = 0; value <= 10'001; ++value) check(value);
  for (std::uint64_t value = 1; value < std::numeric_limits<std::uint64_t>::max() / 10; value *= 10) {
    check(value * 10 - 1);
    check(value * 10);
  }
  check(std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("durations are written with their places, and what was not reached is -1") {
  struct Row {
    base::Duration duration;
    const char* fine;
    const char* coarse;
  };
  for (const Row& row :
       {Row{0ns, "0.000000", "0.000"}, Row{999ns, "0.000000", "0.000"}, Row{1us, "0.000001", "0.000"},
        Row{90'807us, "0.090807", "0.090"}, Row{1s - 1ns, "0.999999", "0.999"},
        Row{3601s + 20ms, "3601.020000", "3601.020"}, Row{-1ns, "-1", "-1"}}) {
    CHECK(written([&](char* at) { return put_seconds(at, row.duration); }) == row.fine);
    CHECK(written([&](char* at) { return put_coarse_seconds(at, row.duration); }) == row.coarse);
  }
}

}  // namespace weir::observe
