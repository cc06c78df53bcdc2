#include "lb/http/grpc_timeout.h"

#include <doctest/doctest.h>

#include <string_view>

using namespace std::chrono_literals;

namespace weir::http {

TEST_CASE("a grpc-timeout is a number of at most eight digits and a unit") {
  struct Row {
    std::string_view value;
    base::Duration timeout;
  };
  const Row rows[] = {
      {"1n", 1ns},
      {"2u", 2us},
      {"100m", 100ms},
      {"1S", 1s},
      {"00000001S", 1s},
      {"3M", 3min},
      {"4H", 4h},
      {"99999999n", 99'999'999ns},
      {"99999999S", kLongestGrpcTimeout},
      {"31536000S", kLongestGrpcTimeout},
      {"31535999S", kLongestGrpcTimeout - 1s},
      {"99999999M", kLongestGrpcTimeout},
      {"99999999H", kLongestGrpcTimeout},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    CHECK(read_grpc_timeout(row.value) == row.timeout);
  }
}

TEST_CASE("what is no grpc-timeout is as if there were none") {
  for (const std::string_view value : {"", "S", "1", "1s", "1h", "1 S", " 1S", "1S ", "0S", "00n", "-1S",
                                       "+1S", "1.5S", "123456789n", "1Sm", "1ms", "0x1S"}) {
    CAPTURE(value);
    CHECK_FALSE(read_grpc_timeout(value).has_value());
  }
}

TEST_CASE("the longest grpc-timeout can be added to the time") {
  const base::Instant now = base::SystemClock().now();
  CHECK(now + kLongestGrpcTimeout > now);
}

TEST_CASE("a timeout is written in the finest unit that has room for it, rounded up") {
  struct Row {
    base::Duration timeout;
    std::string_view text;
  };
  const Row rows[] = {
      {1ns, "1n"},
      {99'999'999ns, "99999999n"},
      {100'000'000ns, "100000u"},
      {100'000'001ns, "100001u"},
      {1s, "1000000u"},
      {99'999'999us, "99999999u"},
      {99'999'999us + 1ns, "100000m"},
      {100s, "100000m"},
      {100'000s, "100000S"},
      {kLongestGrpcTimeout, "31536000S"},
      {99'999'999s + 1ns, "1666667M"},
      {base::Duration::max(), "2562048H"},
      {0ns, "1n"},
      {-1s, "1n"},
      {base::Duration::min(), "1n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(grpc_timeout_text(row.timeout) == row.text);
  }
}

TEST_CASE("a timeout that was written reads back as no less") {
  for (base::Duration timeout = 1ns; timeout < kLongestGrpcTimeout; timeout = timeout * 3 + 1ns) {
    CAPTURE(timeout.count());
    const auto read = read_grpc_timeout(grpc_timeout_text(timeout));
    REQUIRE(read);
    CHECK(*read >= timeout);
    CHECK(*read - timeout <= timeout / 1000);
  }
}

}  // namespace weir::http
