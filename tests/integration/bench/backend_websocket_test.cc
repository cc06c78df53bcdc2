#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "bench/backend/backend.h"
#include "bench/websocket/frame.h"
#include "tests/support/connection.h"

namespace weir::bench {
namespace {

using test::Answer;
using test::Connection;
using websocket::Frame;
using websocket::Opcode;

const base::SystemClock kEchoClock;

struct Echoing {
  std::unique_ptr<Backend> backend = *Backend::start(
      kEchoClock, {.listen = {*base::SocketAddress::parse("127.0.0.1:0")}}, [](std::string_view) {});
  std::string address = backend->addresses()[0].to_string();
};

std::string handshake(std::string_view version = "13") {
  return "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: " +
         std::string(version) + "\r\n\r\n";
}

std::string masked(const Frame& frame) {
  std::string bytes;
  websocket::write_frame(bytes, frame, websocket::MaskKey{9, 8, 7, 6});
  return bytes;
}

std::string plain(const Frame& frame) {
  std::string bytes;
  websocket::write_frame(bytes, frame);
  return bytes;
}

std::string read(Connection& connection, std::size_t bytes) {
  std::string result;
  connection.body(bytes, [&](std::string_view piece) { result += piece; });
  return result;
}

// Sends what is expected to come back, and checks that it does.
void check_echo(Connection& client, const Frame& frame) {
  client.send(masked(frame));
  const std::string expected = plain(frame);
  CHECK((read(client, expected.size()) == expected));
}

}  // namespace

TEST_CASE("a WebSocket echoes messages, answers pings and closes when it is asked to") {
  const Echoing echoing;
  Connection client(echoing.address);
  client.send(handshake() + masked({true, Opcode::text, "early"}));
  const Answer answer = client.answer();
  CHECK(answer.status == 101);
  CHECK(answer.field("Upgrade") == "websocket");
  CHECK(answer.field("Connection") == "upgrade");
  CHECK(answer.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const std::string early = plain({true, Opcode::text, "early"});
  CHECK(read(client, early.size()) == early);
  for (const std::size_t size : {0UL, 125UL, 126UL, 65'536UL, 1UL << 20}) {
    check_echo(client, {true, Opcode::binary, std::string(size, 'x')});
  }
  check_echo(client, {false, Opcode::text, "frag"});
  client.send(masked({true, Opcode::ping, "are you there?"}));
  const std::string pong = plain({true, Opcode::pong, "are you there?"});
  CHECK(read(client, pong.size()) == pong);
  check_echo(client, {true, Opcode::continuation, "ment"});

  client.send(masked({true, Opcode::close, websocket::close_payload(1000)}));
  std::string rest;
  CHECK(client.closes(test::kPatience, &rest));
  CHECK(rest == plain({true, Opcode::close, websocket::close_payload(1000)}));
}

TEST_CASE("a client that reads nothing while it sends is held back, and gets everything in the end") {
  const Echoing echoing;
  Connection client(echoing.address, {.receive_buffer = 8192});
  client.send(handshake());
  REQUIRE(client.answer().status == 101);
  const std::string frame = masked({true, Opcode::binary, std::string(50'000, 'x')});
  const std::string back = plain({true, Opcode::binary, std::string(50'000, 'x')});
  std::string waiting;
  std::size_t sent = 0;
  for (int refused = 0; refused < 3;) {  // until nothing more is taken
    if (waiting.empty()) waiting = frame;
    const auto taken = client.send_some(waiting, test::Milliseconds(50));
    REQUIRE(taken);
    refused = *taken == 0 ? refused + 1 : 0;
    waiting.erase(0, *taken);
    sent += *taken;
  }
  const std::size_t whole = sent / frame.size();
  for (std::size_t i = 0; i < whole; ++i) CHECK((read(client, back.size()) == back));
  client.send(waiting);
  if (!waiting.empty()) CHECK((read(client, back.size()) == back));
  check_echo(client, {true, Opcode::text, "still there"});
}

TEST_CASE("what breaks the protocol is closed with its code") {
  struct Row {
    std::string bytes;
    std::uint16_t code;
  };
  for (const Row& row :
       {Row{plain({true, Opcode::text, "not masked"}), 1002},
        Row{masked({true, Opcode::binary, std::string((1 << 20) + 1, 'x')}).substr(0, 14), 1009}}) {
    const Echoing echoing;
    Connection client(echoing.address);
    client.send(handshake() + row.bytes);
    CHECK(client.answer().status == 101);
    std::string rest;
    CHECK(client.closes(test::kPatience, &rest));
    CHECK(rest == plain({true, Opcode::close, websocket::close_payload(row.code)}));
  }
}

TEST_CASE("a wrong handshake is refused, and the connection is still good") {
  const Echoing echoing;
  Connection client(echoing.address);
  client.send(handshake("8"));
  const Answer answer = client.answer();
  CHECK(answer.status == 426);
  CHECK(answer.field("Sec-WebSocket-Version") == "13");
  client.send(handshake());
  CHECK(client.answer().status == 101);
}

TEST_CASE("a client that leaves without a close frame is let go") {
  const Echoing echoing;
  Connection client(echoing.address);
  client.send(handshake());
  REQUIRE(client.answer().status == 101);
  client.shutdown_write();
  CHECK(client.closes());
}

}  // namespace weir::bench
