#include <chrono>

#include "config/keys/units.h"
#include "config/nearest.h"
#include "tests/unit/config/support.h"

namespace weir::config {

using namespace std::chrono_literals;

TEST_CASE("a duration is a number with a unit, whole or with a fraction that comes out even") {
  struct {
    std::string_view text;
    std::chrono::milliseconds expected;
  } const rows[] = {{"500ms", 500ms}, {"30s", 30s},     {"5m", 5min},  {"1h", 1h},     {"1d", 24h},
                    {"0s", 0ms},      {"2.5s", 2500ms}, {"1.5d", 36h}, {"1.0ms", 1ms}, {"0.25m", 15s}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_duration(row.text) == row.expected);
  }
}

TEST_CASE("what is no duration says why") {
  struct {
    std::string_view text;
    UnitError expected;
  } const rows[] = {{"", UnitError::form},
                    {"s", UnitError::form},
                    {"-1s", UnitError::form},
                    {"30", UnitError::no_unit},
                    {"1.5", UnitError::no_unit},
                    {"1w", UnitError::unit},
                    {"30 s", UnitError::unit},
                    {"1h30m", UnitError::unit},
                    {"30S", UnitError::unit},
                    {"1.5ms", UnitError::precision},
                    {"100us", UnitError::precision},
                    {"0.0001s", UnitError::precision},
                    {"1.s", UnitError::form},
                    {"99999999999999999999s", UnitError::too_large},
                    {"9223372036854775807d", UnitError::too_large}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_duration(row.text) == std::unexpected(row.expected));
  }
}

TEST_CASE("a duration is written in the largest unit that gives a whole number, and reads back") {
  struct {
    std::chrono::milliseconds duration;
    std::string_view expected;
  } const rows[] = {{0ms, "0s"}, {1ms, "1ms"}, {1500ms, "1500ms"}, {90s, "90s"},
                    {60s, "1m"}, {48h, "2d"},  {25h, "25h"}};
  for (const auto& row : rows) {
    CHECK(format_duration(row.duration) == row.expected);
    CHECK(parse_duration(row.expected) == row.duration);
  }
}

TEST_CASE("short durations have microseconds too") {
  const struct {
    const char* text;
    std::chrono::microseconds expected;
    const char* written;
  } rows[] = {{"1us", 1us, "1us"},
              {"250us", 250us, "250us"},
              {"2.5ms", 2500us, "2500us"},
              {"0.001ms", 1us, "1us"},
              {"1000us", 1ms, "1ms"},
              {"1s", 1s, "1s"},
              {"1.000001s", 1000001us, "1000001us"},
              {"60s", 60s, "1m"},
              {"1h", 1h, "1h"},
              {"0us", 0us, "0s"}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_short_duration(row.text) == row.expected);
    CHECK(format_short_duration(row.expected) == row.written);
  }
  CHECK(parse_short_duration("1ns") == std::unexpected(UnitError::precision));
  CHECK(parse_short_duration("0.5us") == std::unexpected(UnitError::precision));
  CHECK(parse_short_duration("5") == std::unexpected(UnitError::no_unit));
  CHECK(parse_short_duration("5 us") == std::unexpected(UnitError::unit));
  CHECK(parse_short_duration("99999999999999999d") == std::unexpected(UnitError::too_large));
}

TEST_CASE("a size is a number of bytes or one with a binary unit") {
  struct {
    std::string_view text;
    std::uint64_t expected;
  } const rows[] = {{"0", 0},          {"1048576", 1048576}, {"10B", 10},         {"16KiB", 16384},
                    {"1MiB", 1 << 20}, {"2GiB", 2ULL << 30}, {"1TiB", 1ULL << 40}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_size(row.text) == row.expected);
  }
  for (const std::string_view wrong : {"64K", "64KB", "1.5KiB", "KiB", "1 KiB", "-1", "", "99999999999TiB"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_size(wrong).has_value());
  }
  CHECK(format_size(0) == "0B");
  CHECK(format_size(16384) == "16KiB");
  CHECK(format_size(16385) == "16385B");
}

TEST_CASE("on and true are the same word, off and false too, in any case and quoted or not") {
  for (const std::string_view word : {"on", "true", "On", "TRUE", "\"on\"", "'true'"}) {
    CAPTURE(word);
    CHECK(snapshot_of(kMinimal + "").listeners[0].forwarded.via == false);
    const std::string text = fmt::format(
        "listeners: {{ web: {{ bind: \"0.0.0.0:1\", forward: app, forwarded: {{ via: {} }} }} }}\n{}", word,
        kGroup);
    CHECK(snapshot_of(text).listeners[0].forwarded.via);
  }
  CHECK_FALSE(snapshot_of(kMinimal + "admin: { bind: false }\n").admin.bind.has_value());
  CHECK_FALSE(snapshot_of(kMinimal + "admin: { bind: off }\n").admin.bind.has_value());
  CHECK(snapshot_of(kMinimal + "log: { access: { output: false } }\n").log.access.output == "off");
}

TEST_CASE("a single value stands for a list of one") {
  const auto snapshot = snapshot_of(
      "listeners: { web: { bind: \"unix:/run/w\", forward: app, upgrade: WebSocket, trace: traceparent } }\n"
      "target_groups: { app: { targets: 10.0.1.10:8080, retry: { when: off } } }\n");
  CHECK(snapshot.listeners[0].binds.size() == 1);
  CHECK(snapshot.listeners[0].upgrade == std::vector<std::string>{"websocket"});
  CHECK(snapshot.listeners[0].traceparent);
  CHECK_FALSE(snapshot.listeners[0].amazon_trace_id);
  CHECK(snapshot.target_groups[0].targets.size() == 1);
  CHECK_FALSE(snapshot.target_groups[0].retry.when.connect_failure);
}

TEST_CASE("a target without an id is known by its address") {
  const auto snapshot = snapshot_of(std::string(kListener) +
                                    "target_groups: { app: { targets: [\"[fd00::1]:80\", "
                                    "{ address: 10.0.2.10:8080, id: two, zone: az-2, weight: 0 }] } }\n");
  const auto& targets = snapshot.target_groups[0].targets;
  CHECK(targets[0].id == "[fd00::1]:80");
  CHECK(targets[0].weight == 1);
  CHECK(targets[1].id == "two");
  CHECK(targets[1].zone == "az-2");
  CHECK(targets[1].weight == 0);
}

TEST_CASE("port 0 may be bound but is no target") {
  CHECK(snapshot_of("listeners: { web: { bind: [127.0.0.1:0, 127.0.0.1:0], forward: app } }\n"
                    "admin: { bind: 127.0.0.1:0 }\n" +
                    std::string(kGroup))
            .listeners[0]
            .binds[1]
            .address.port() == 0);
  CHECK(first_error(std::string(kListener) + "target_groups: { app: { targets: [10.0.1.10:0] } }\n") ==
        "address-port-range");
}

TEST_CASE("places lead back to the line and column of what they name") {
  const auto snapshot =
      snapshot_of("listeners:\n  web:\n    bind: [127.0.0.1:1, \"127.0.0.1:2\"]\n    forward: app\n" +
                  std::string(kGroup));
  const auto& listener = snapshot.listeners[0];
  CHECK(listener.place.to_string() == "test.yaml:2:3");
  CHECK(listener.binds[1].place.to_string() == "test.yaml:3:25");
  CHECK(std::get<model::ForwardAction>(listener.default_action).place.to_string() == "test.yaml:4:14");
  CHECK(snapshot.admin.bind_place.line == 0);
}

TEST_CASE("a suggestion is near in spelling, or a beginning of the word") {
  const std::vector<std::string> keys{"rules", "retry", "timeouts", "x-amzn-trace-id", "warn"};
  struct {
    std::string_view word;
    std::string_view expected;
  } const rows[] = {{"rulse", "did you mean 'rules'?"},
                    {"Retry", "did you mean 'retry'?"},
                    {"time-outs", "did you mean 'timeouts'?"},
                    {"warning", "did you mean 'warn'?"},
                    {"x_amzn_trace_id", "did you mean 'x-amzn-trace-id'?"},
                    {"colour", "expected rules, retry, timeouts, x-amzn-trace-id or warn"}};
  for (const auto& row : rows) {
    CAPTURE(row.word);
    CHECK(suggest(row.word, keys) == row.expected);
  }
  CHECK(suggest("a", {}).empty());
  CHECK(suggest(std::string(100'000, 'x'), keys).starts_with("expected"));
}

}  // namespace weir::config
