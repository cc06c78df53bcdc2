#include "bench/command_line/units.h"

#include <doctest/doctest.h>

#include <optional>

namespace weir::bench {
namespace {

using std::chrono::milliseconds;

template <class Value>
std::optional<Value> value_of(const std::expected<Value, std::string>& parsed) {
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace

TEST_CASE("durations are numbers with a unit") {
  struct Row {
    std::string_view text;
    std::optional<base::Duration> duration;
  };
  const Row rows[] = {
      {"500us", std::chrono::microseconds(500)},
      {"10ms", milliseconds(10)},
      {"2s", milliseconds(2000)},
      {"2.5s", milliseconds(2500)},
      {"1m", milliseconds(60'000)},
      {"24h", milliseconds(86'400'000)},
      {"17ns", base::Duration(17)},
      {"0.5us", base::Duration(500)},
      {"0", base::Duration(0)},
      {"0s", base::Duration(0)},
      {"25h", {}},
      {"999999999999999999999h", {}},
      {"10", {}},
      {"", {}},
      {"ms", {}},
      {"-1ms", {}},
      {"+1ms", {}},
      {"1e3ms", {}},
      {"infs", {}},
      {"nan", {}},
      {"10 ms", {}},
      {" 10ms", {}},
      {"10ms ", {}},
      {"10MS", {}},
      {"10d", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(value_of(parse_duration(row.text)) == row.duration);
  }
}

TEST_CASE("sizes are bytes, with powers of 1024 as units") {
  struct Row {
    std::string_view text;
    std::optional<std::uint64_t> bytes;
  };
  const Row rows[] = {
      {"0", 0},
      {"128", 128},
      {"128B", 128},
      {"64KiB", 65'536},
      {"64k", 65'536},
      {"64K", 65'536},
      {"1MiB", 1u << 20},
      {"1.5MiB", 3u << 19},
      {"2m", 2u << 20},
      {"2g", 2ULL << 30},
      {"1TiB", 1ULL << 40},
      {"2TiB", {}},
      {"1.5", {}},
      {"0.3KiB", {}},
      {"KiB", {}},
      {"1kb", {}},
      {"-1", {}},
      {"0x10", {}},
      {"", {}},
      {"99999999999999999999999999", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(value_of(parse_size(row.text)) == row.bytes);
  }
}

TEST_CASE("shares are from 0 to 1, in percent or not") {
  struct Row {
    std::string_view text;
    std::optional<double> share;
  };
  const Row rows[] = {
      {"1%", 0.01}, {"0.01", 0.01}, {"0.5%", 0.005}, {"100%", 1.0}, {"1", 1.0}, {"0", 0.0},  {"0%", 0.0},
      {"101%", {}}, {"1.01", {}},   {"-1%", {}},     {"%", {}},     {"", {}},   {"1%%", {}}, {"half", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(value_of(parse_share(row.text)) == row.share);
  }
}

TEST_CASE("a refusal quotes the text and says what was expected") {
  CHECK(parse_duration("10").error() == "'10' is not a duration: write it like 500us, 10ms, 2.5s or 1m");
  CHECK(parse_size("1kb").error() == "'1kb' is not a size: write it like 128, 64KiB or 1MiB");
  CHECK(parse_size("1.5").error() == "'1.5' is not a whole number of bytes");
  CHECK(parse_share("half").error() == "'half' is not a share: write it like 1% or 0.01");
  CHECK(parse_share("200%").error() == "'200%' is not a share: it is more than 100%");
  CHECK(parse_size("\x1b[31m").error().find('\x1b') == std::string::npos);
}

}  // namespace weir::bench
