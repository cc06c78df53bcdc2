#include "tests/unit/config/support.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Watch;

namespace {

model::Process process_of(std::string_view keys) {
  return snapshot_of(kMinimal + fmt::format("process: {{ {} }}\n", keys)).process;
}

}  // namespace

TEST_CASE("the files are watched by events, at an interval, or not at all") {
  struct {
    std::string_view text;
    Watch expected;
  } const rows[] = {{"server_name: weir", {.mode = Watch::Mode::automatic, .interval = 2s}},
                    {"watch: auto", {.mode = Watch::Mode::automatic, .interval = 2s}},
                    {"watch: \"auto\"", {.mode = Watch::Mode::automatic, .interval = 2s}},
                    {"watch: poll 100ms", {.mode = Watch::Mode::poll, .interval = 100ms}},
                    {"watch: poll 2.5s", {.mode = Watch::Mode::poll, .interval = 2500ms}},
                    {"watch: poll 1h", {.mode = Watch::Mode::poll, .interval = 1h}},
                    {"watch: off", {.mode = Watch::Mode::off, .interval = 2s}},
                    {"watch: false", {.mode = Watch::Mode::off, .interval = 2s}}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(process_of(row.text).watch == row.expected);
  }
}

TEST_CASE("nothing is rolled back unless the file says so, and then with what it leaves out") {
  CHECK_FALSE(process_of("rollback: off").rollback.has_value());
  CHECK_FALSE(process_of("workers: 1").rollback.has_value());
  struct {
    std::string_view text;
    std::chrono::milliseconds window;
    double error_rate;
  } const rows[] = {{"{}", 30s, 5},
                    {"{ window: 1s }", 1s, 5},
                    {"{ error_rate: 0.5% }", 30s, 0.5},
                    {"{ error_rate: 0.01 }", 30s, 0.01},
                    {"{ window: 1h, error_rate: 100% }", 1h, 100}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto rollback = process_of(fmt::format("rollback: {}", row.text)).rollback;
    REQUIRE(rollback.has_value());
    CHECK(rollback->window == row.window);
    CHECK(rollback->error_rate == row.error_rate);
  }
}

TEST_CASE("an old process may finish for an hour after an upgrade, or as long as the file says") {
  CHECK(process_of("workers: 1").upgrade_grace == 1h);
  CHECK(process_of("upgrade_grace: 0s").upgrade_grace == 0s);
  CHECK(process_of("upgrade_grace: 7d").upgrade_grace == 168h);
}

}  // namespace weir::config
