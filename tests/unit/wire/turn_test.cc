#include "lb/wire/turn.h"

#include <doctest/doctest.h>

#include <array>

namespace weir::wire {
namespace {

struct Connection final : Flushable {
  int flushes = 0;

 private:
  void flush() override { ++flushes; }
};

}  // namespace

TEST_CASE("connections of several events are flushed together, before the loop waits, each once") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Turn turn(loop);
  std::array<Connection, 2> connections;
  for (int event = 0; event < 2; ++event) {
    const Turn::Scope scope(turn);
    for (Connection& connection : connections) turn.flush_later(connection);
  }
  CHECK(connections[0].flushes == 0);
  loop.run_once({});
  for (const Connection& connection : connections) CHECK(connection.flushes == 1);
  loop.run_once({});
  for (const Connection& connection : connections) CHECK(connection.flushes == 1);
}

TEST_CASE("a turn ends with the event that lent bytes of the read buffer") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Turn turn(loop);
  std::array<Connection, 2> connections;
  {
    const Turn::Scope scope(turn);
    turn.flush_later(connections[0]);
  }
  {
    const Turn::Scope scope(turn);
    turn.flush_later(connections[1]);
    turn.lend();
    CHECK(connections[0].flushes == 0);
  }
  for (const Connection& connection : connections) CHECK(connection.flushes == 1);
}

TEST_CASE("a turn ends early when many connections wait") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Turn turn(loop);
  std::array<Connection, Turn::kMostConnections> connections;
  for (Connection& connection : connections) {
    CHECK(connection.flushes == 0);
    const Turn::Scope scope(turn);
    turn.flush_later(connection);
  }
  for (const Connection& connection : connections) CHECK(connection.flushes == 1);
}

TEST_CASE("connections and the turn itself may go before the turn ends") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Connection stays;
  {
    Turn turn(loop);
    Connection goes;
    const Turn::Scope scope(turn);
    turn.flush_later(goes);
    turn.flush_later(stays);
  }
  CHECK(stays.flushes == 1);
  loop.run_once({});
}

}  // namespace weir::wire
