// How connections end: early answers, half-closed clients, and a daemon that stops.

#include <doctest/doctest.h>

#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
TEST_CASE("an early answer is whole for the client that still sends, and the connection ends cleanly") {
  for (const char* framing : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    Proxy proxy;
    auto client = proxy.connect();
    client->send("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n5\r\nhello\r\n");
    auto target = proxy.accept();
    target->read_to("hello");
    target->send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    const Message answer = client->read();
    CHECK(answer.status() == 403);
    CHECK(answer.body == "no");
    for (int i = 0; i < 10; ++i) {
      client->send("5\r\nhello\r\n");
      proxy.turn();
    }
    CHECK(client->wait_gone());
    CHECK_FALSE(client->broken());
    CHECK(target->wait_gone());
    client->close();
    REQUIRE(proxy.until([&] { return proxy.listener().connections() == 0; }));
  }
}

TEST_CASE("an early answer of a target that closes tells the client that its connection ends") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello");
  auto target = proxy.accept();
  target->read_to("hello");
  target->send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  target->shutdown_write();
  const Message answer = client->read();
  CHECK(answer.status() == 403);
  CHECK(answer.field("Connection") == "close");
  CHECK(client->wait_gone());
}

TEST_CASE("a client that never stops sending after its answer is cut in the end") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello");
  auto target = proxy.accept();
  target->read_to("hello");
  target->send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  CHECK(client->read().status() == 403);
  client->send("more");
  proxy.advance(seconds(3) + milliseconds(10));
  CHECK(proxy.listener().connections() == 0);
}

TEST_CASE("a body timeout does not cut an early answer that the client still reads") {
  Proxy proxy({.client_wire = Wire::memory});
  proxy.client_habits = {.read_size = 1000, .write_size = 1000, .window = 4096, .stutter = false};
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhello");
  auto target = proxy.accept();
  target->read_to("hello");
  const std::string body = pattern(30'000);
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n" + body);
  std::string received;
  for (int i = 0; i < 5; ++i) {
    proxy.advance(seconds(10));
    received += client->read_bytes(1000);
  }
  received += client->read_to_end();
  CHECK(received.ends_with(body));
}

TEST_CASE("a client that has sent FIN behind its request gets its answer") {
  for (const int seconds_to_wait : {0, 5}) {
    CAPTURE(seconds_to_wait);
    Proxy proxy({.log = true});
    auto client = proxy.connect();
    client->send(kGet);
    client->shutdown_write();
    auto target = proxy.accept();
    target->read();
    proxy.advance(seconds(seconds_to_wait));
    CHECK_FALSE(target->gone());
    target->send(kOk);
    Message answer = client->read();
    CHECK((answer.status() == 100) == (seconds_to_wait != 0));
    if (answer.status() == 100) answer = client->read();
    CHECK(answer.body == "ok");
    CHECK(client->wait_gone());
    CHECK_FALSE(client->broken());
    const auto lines = proxy.stop();
    REQUIRE(lines.size() == 1);
    CHECK(log_field(lines[0], "status") == "200");
  }
}

TEST_CASE("requests pipelined before the client's FIN are all answered") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(std::string(kGet) + std::string(kGet) + std::string(kGet));
  client->shutdown_write();
  std::unique_ptr<Peer> target;
  for (int i = 0; i < 3; ++i) {
    proxy.await_request(target);
    REQUIRE(target);
    target->read();
    target->send(kOk);
    CHECK(client->read().body == "ok");
  }
  CHECK(client->wait_gone());
}

TEST_CASE("a client that closed behind its request is found out within a second, and the work cancelled") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  client->close();
  proxy.settle();
  CHECK_FALSE(target->gone());
  proxy.advance(seconds(1) + milliseconds(10));
  CHECK(target->wait_gone());
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines[0], "status") == "460");
}

TEST_CASE("a client that resets while its answer is streamed cancels the target's work") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome");
  client->read_to("some");
  client->reset();
  CHECK(target->wait_gone());
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines[0], "reason") == "client_gone");
}

TEST_CASE(
    "while draining, the next answer on a kept connection is its last, and idle ones go after the quiet "
    "time") {
  Proxy proxy;
  auto idle = proxy.connect();
  auto kept = proxy.connect();
  auto busy = proxy.connect();
  std::unique_ptr<Peer> target;
  kept->send(kGet);
  proxy.await_request(target);
  target->read();
  target->send(kOk);
  CHECK(kept->read().field("connection") == "");
  proxy.settle();
  busy->send(kGet);
  proxy.await_request(target);
  target->read();
  auto queued = proxy.connect();  // not accepted yet
  proxy.listener().drain(seconds(2));
  proxy.settle();
  CHECK(proxy.listener().connections() == 4);
  queued->send(kGet);
  auto second = proxy.accept();
  REQUIRE(second);
  second->read();
  second->send(kOk);
  const Message queued_answer = queued->read();
  CHECK(queued_answer.body == "ok");
  CHECK(queued_answer.field("connection") == "close");
  CHECK(queued->wait_gone());
  queued->close();

  proxy.advance(seconds(1));
  CHECK_FALSE(kept->gone());
  kept->send(kGet);
  proxy.await_request(second);
  second->read();
  second->send(kOk);
  CHECK(kept->read().field("connection") == "close");
  CHECK(kept->wait_gone());
  CHECK_FALSE(kept->broken());
  kept->close();

  CHECK_FALSE(idle->gone());
  proxy.advance(seconds(1) + milliseconds(10));
  CHECK(idle->wait_gone());
  CHECK_FALSE(idle->broken());
  idle->close();

  proxy.advance(seconds(30));
  CHECK_FALSE(busy->gone());
  target->send(kOk);
  const Message busy_answer = busy->read();
  CHECK(busy_answer.body == "ok");
  CHECK(busy_answer.field("connection") == "close");
  CHECK(busy->wait_gone());
  busy->close();
  REQUIRE(proxy.until([&] { return proxy.listener().connections() == 0; }));
  CHECK(proxy.connect() == nullptr);
}

TEST_CASE("while draining, pipelined requests that wait still get their answers") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(std::string(kGet) + std::string(kGet) + std::string(kGet));
  std::unique_ptr<Peer> target;
  proxy.await_request(target);
  target->read();
  proxy.listener().drain(seconds(2));
  for (int i = 0; i < 3; ++i) {
    if (i != 0) {
      proxy.await_request(target);
      target->read();
    }
    target->send(kOk);
    const Message answer = client->read();
    CHECK(answer.body == "ok");
    CHECK(answer.field("connection") == (i == 2 ? "close" : ""));
  }
  CHECK(client->wait_gone());
}

TEST_CASE("an early answer to a request that is not complete says that the connection ends") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  auto target = proxy.accept();
  target->read_to("abc");
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const Message answer = client->read();
  CHECK(answer.body == "ok");
  CHECK(answer.field("connection") == "close");
  CHECK(client->wait_gone());
}

TEST_CASE("an answer of weir's own to a whole request does not end the connection") {
  Proxy proxy;
  proxy.target().refuse();
  auto client = proxy.connect();
  for (const std::string request : {"TRACE / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n"}) {
    client->send(request + "Host: a\r\n\r\n");
    const Message answer = client->read();
    CHECK(answer.status() == (request.starts_with("TRACE") ? 405 : 502));
    CHECK_FALSE(answer.has("connection"));
  }
  CHECK_FALSE(client->gone());
}

}  // namespace weir::test
