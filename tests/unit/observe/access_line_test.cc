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
  AccessLine line(bytes);
  put(line);
  return {bytes, line.end()};
}

}  // namespace

TEST_CASE("numbers of every length are written as they are") {
  const auto check = [](std::uint64_t value) {
    CHECK(written([&](AccessLine& line) { line.number(value); }) == fmt::to_string(value));
  };
  for (std::uint64_t value = 0; value <= 10'001; ++value) check(value);
  for (std::uint64_t value = 1; value < std::numeric_limits<std::uint64_t>::max() / 10; value *= 10) {
    check(value * 10 - 1);
    check(value * 10);
  }
  check(std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("a status is written as it is, and digits that belong to something keep their zeros") {
  for (const unsigned status : {0U, 7U, 99U, 100U, 200U, 460U, 999U, 1000U}) {
    CHECK(written([&](AccessLine& line) { line.status(status); }) == fmt::to_string(status));
  }
  for (const std::uint32_t value : {0U, 9U, 90U, 107U, 999U}) {
    CHECK(written([&](AccessLine& line) { line.three_digits(value); }) == fmt::format("{:03}", value));
    CHECK(written([&](AccessLine& line) { line.six_digits(value * 1001); }) ==
          fmt::format("{:06}", value * 1001));
  }
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
    CHECK(written([&](AccessLine& line) { line.seconds(row.duration); }) == row.fine);
    CHECK(written([&](AccessLine& line) { line.coarse_seconds(row.duration); }) == row.coarse);
  }
}

}  // namespace weir::observe
