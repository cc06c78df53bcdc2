#include "lb/admin/event_source.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lb/admin/event_memory.h"
#include "lb/admin/event_text.h"
#include "tests/unit/admin/fake_operations.h"

using weir::admin::behind_event;
using weir::admin::Event;
using weir::admin::event_text;
using weir::admin::EventMemory;
using weir::admin::EventReader;
using weir::admin::EventSource;
using weir::admin::Phase;
using weir::admin::State;
using weir::base::Instant;
using namespace std::chrono_literals;

namespace {

struct Daemon {
  FakeOperations operations;
  State state;
  Instant now{1h};

  Daemon() {
    state.operations = &operations;
    state.phase = Phase::running;
    state.started = operations.now;
  }
};

}  // namespace

TEST_CASE("an event is told once, as its number, its kind and a line of JSON") {
  Daemon daemon;
  EventSource source(daemon.state, 0);
  CHECK(source.next(daemon.now) == "retry: 1000\n\n");
  daemon.operations.happen("health", "a\nb\r\x1b");
  const std::string told = source.next(daemon.now).value();
  CHECK(told.starts_with(
      "id: 1700000000000-1\nevent: health\ndata: {\"number\":1,\"at\":\"2023-11-14T22:13:20.000Z\","));
  CHECK(told.find(R"("detail":"a\nb\r\u001b"})") != std::string::npos);
  CHECK(told.ends_with("}\n\n"));
  CHECK(std::ranges::count(told, '\n') == 4);
  CHECK(source.next(daemon.now) == "");
}

TEST_CASE("a source begins behind a number") {
  Daemon daemon;
  for (int i = 0; i < 3; ++i) daemon.operations.happen("health");
  EventSource source(daemon.state, 2);
  const std::string told = source.next(daemon.now).value();
  CHECK(told.find("-2\n") == std::string::npos);
  CHECK(told.find("-3\n") != std::string::npos);
}

TEST_CASE("who comes back gets what it missed, and all that there is from a daemon that was started anew") {
  struct Row {
    const char* id;
    std::optional<std::uint64_t> behind;
  };
  for (const Row& row :
       {Row{"5000-3", 3}, Row{"5000-10", 10}, Row{"5000-0", 0}, Row{"4999-3", 0}, Row{"5001-3", 0},
        Row{"5000-11", 0}, Row{"3", 3}, Row{"0", 0}, Row{"11", 0}, Row{"", {}}, Row{"x", {}}, Row{"-1", {}},
        Row{"5000-", {}}, Row{"5000-x", {}}, Row{"5000-3-1", {}}, Row{"5000 -3", {}}}) {
    CAPTURE(row.id);
    CHECK(behind_event(row.id, 5000, 10) == row.behind);
  }
}

TEST_CASE("a thousand events are kept, and the last of each kind among them, in their order") {
  EventMemory memory;
  std::uint64_t number = 0;
  const auto happen = [&](const char* kind, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      Event event;
      event.number = ++number;
      event.kind = kind;
      memory.add(std::move(event));
    }
  };
  happen("reload", 100);
  happen("shift", 1);
  happen("something new", 2);
  happen("health", 5000);
  const std::vector<Event> kept(memory.begin(), memory.end());
  CHECK(kept.size() == EventMemory::kMost);
  CHECK(std::ranges::is_sorted(kept, std::less_equal(), &Event::number));
  const auto count = [&](const char* kind) { return std::ranges::count(kept, kind, &Event::kind); };
  CHECK(count("reload") == EventMemory::kOfEachKind);
  CHECK(count("shift") == 1);
  CHECK(count("something new") == 2);
  CHECK(kept.front().number == 37);
  CHECK(kept.back().number == number);
  CHECK(kept[67].number == number - 932);
}

TEST_CASE("a comment tells that the daemon lives, fifteen seconds after the last bytes") {
  Daemon daemon;
  EventSource source(daemon.state, 0);
  source.next(daemon.now);
  CHECK(source.due() == daemon.now + 15s);
  CHECK(source.next(daemon.now + 14s) == "");
  CHECK(source.due() == daemon.now + 15s);
  CHECK(source.next(daemon.now + 15s) == ": nothing new\n\n");
  CHECK(source.due() == daemon.now + 30s);
}

TEST_CASE("many events come in pieces, one asked for right after the other") {
  Daemon daemon;
  for (int i = 0; i < 100; ++i) daemon.operations.happen("health", std::string(8000, 'x'));
  EventSource source(daemon.state, 0);
  std::size_t pieces = 0;
  while (true) {
    const std::string piece = source.next(daemon.now).value();
    CHECK(piece.size() < 80 * 1024);
    ++pieces;
    if (source.due() != daemon.now) break;
  }
  CHECK(pieces > 10);
  CHECK(source.next(daemon.now) == "");
}

TEST_CASE("a stop ends the events behind the last one") {
  Daemon daemon;
  EventSource source(daemon.state, 0);
  source.next(daemon.now);
  daemon.operations.happen("reload");
  daemon.state.phase = Phase::stopping;
  CHECK(source.next(daemon.now)->find("event: reload") != std::string::npos);
  CHECK(source.due() <= daemon.now);
  CHECK_FALSE(source.next(daemon.now).has_value());
}

TEST_CASE("what a source tells can be read in pieces of any size") {
  Daemon daemon;
  daemon.operations.happen("health");
  daemon.operations.happen("drain");
  EventSource source(daemon.state, 0);
  const std::string told = source.next(daemon.now).value() + ": nothing new\n\n";
  for (std::size_t size = 1; size < told.size(); size += 7) {
    std::vector<std::string> read;
    EventReader reader([&read](std::string_view data) { read.emplace_back(data); });
    for (std::size_t at = 0; at < told.size(); at += size)
      reader.take(std::string_view(told).substr(at, size));
    REQUIRE(read.size() == 2);
    CHECK(nlohmann::json::parse(read[0])["kind"] == "health");
    CHECK(nlohmann::json::parse(read[1])["kind"] == "drain");
  }
}

TEST_CASE("an event that has no end is left out and the next is read") {
  std::vector<std::string> read;
  EventReader reader([&read](std::string_view data) { read.emplace_back(data); });
  for (int i = 0; i < 20; ++i) reader.take("data: " + std::string(100'000, 'x'));
  reader.take("\n\ndata: {}\n\n");
  CHECK(read == std::vector<std::string>{"{}"});
}

TEST_CASE("an event is a line for people, and cannot speak to the terminal") {
  CHECK(event_text(R"({"number": 1, "at": "2023-11-14T22:13:20.000Z", "kind": "health",
    "target_group": "app", "target": "10.0.0.1:80", "zone": "az-1", "from": "healthy", "to": "unhealthy",
    "reason": "Target.Timeout", "detail": "no answer in 2 s\u001b[0m"})") ==
        "2023-11-14T22:13:20.000Z health app 10.0.0.1:80 (az-1): healthy -> unhealthy, Target.Timeout: "
        "no answer in 2 s\\x1b[0m");
  CHECK(event_text(R"({"number": 2, "at": "t", "kind": "shift", "target_group": "", "target": "",
    "zone": "az-1", "from": "", "to": "shifted", "reason": "drill", "detail": ""})") ==
        "t shift zone az-1: shifted, drill");
  CHECK(event_text("x\x1b") == "x\\x1b");
}
