// Content in both directions: its framing, large and small, quick and slow.

#include <doctest/doctest.h>

#include "tests/support/proxy.h"

namespace weir::test {
namespace {

std::string chunked(std::string_view body, std::size_t chunk, std::string_view trailers = "") {
  std::string result;
  char line[32];
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    const std::string_view piece = body.substr(at, chunk);
    std::snprintf(line, sizeof line, "%zx\r\n", piece.size());
    result.append(line).append(piece).append("\r\n");
  }
  return result + "0\r\n" + std::string(trailers) + "\r\n";
}

std::string with_length(std::string_view start, std::string_view body) {
  return std::string(start) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

struct WirePair {
  const char* name;
  Wire client;
  Wire target;
};
constexpr WirePair kWires[] = {{"sockets", Wire::tcp, Wire::tcp},
                               {"a client in memory", Wire::memory, Wire::tcp},
                               {"a target in memory", Wire::tcp, Wire::memory},
                               {"both in memory", Wire::memory, Wire::memory}};

}  // namespace

TEST_CASE("content passes in every framing, over every stream") {
  const std::string body = pattern(300);
  for (const WirePair& wires : kWires) {
    CAPTURE(std::string(wires.name));
    Proxy proxy({.client_wire = wires.client, .target_wire = wires.target});
    auto client = proxy.connect();
    std::unique_ptr<Peer> target;
    const std::string requests[] = {
        with_length("POST / HTTP/1.1\r\nHost: a", body),
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, 70),
    };
    const std::string answers[] = {
        with_length("HTTP/1.1 200 OK", body),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, 100),
        "HTTP/1.1 200 OK\r\n\r\n" + body,
    };
    for (const std::string& request : requests) {
      for (const std::string& answer : answers) {
        client->send(request);
        proxy.await_request(target);
        REQUIRE(target);
        CHECK((target->read().body == body));
        target->send(answer);
        if (&answer == &answers[2]) target->close();
        const Message received = client->read();
        CHECK(received.whole);
        CHECK((received.body == body));
        proxy.settle();
      }
    }
  }
}

TEST_CASE("large content passes unchanged, whatever the streams") {
  const std::string body = pattern(3 << 20);
  for (const WirePair& wires : kWires) {
    CAPTURE(std::string(wires.name));
    Proxy proxy({.client_wire = wires.client, .target_wire = wires.target});
    const MemoryHabits habits{.read_size = 16384, .write_size = 5000, .window = 65536};
    proxy.client_habits = proxy.target().habits = habits;
    auto client = proxy.connect();
    client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    auto target = proxy.accept();
    target->read();
    const std::string answer = with_length("HTTP/1.1 200 OK", body);
    std::size_t sent = 0;
    Message received;
    std::string got;
    REQUIRE(proxy.until([&] {
      sent += target->send_some(std::string_view(answer).substr(sent));
      return client->waiting().size() > body.size();
    }));
    received = client->read();
    CHECK((received.body == body));

    const std::string request = with_length("POST / HTTP/1.1\r\nHost: a", body);
    sent = 0;
    REQUIRE(proxy.until([&] {
      sent += client->send_some(std::string_view(request).substr(sent));
      if (auto fresh = proxy.target().accept_now()) target = std::move(fresh);
      return target->waiting().size() > body.size();
    }));
    CHECK((target->read().body == body));
    target->send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(client->read().status() == 204);
    proxy.settle();
    CHECK_FALSE(client->gone());
    CHECK_FALSE(target->gone());
  }
}

TEST_CASE("trailers pass both ways") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(
      "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
      "X-Sum: one\r\n\r\n");
  auto target = proxy.accept();
  const Message request = target->read();
  CHECK(request.body == "hello");
  CHECK(request.trailers == "X-Sum: one\r\n");
  CHECK(request.field("te") == "trailers");
  target->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\nX-Sum: two\r\n\r\n");
  const Message answer = client->read();
  CHECK(answer.body == "yes");
  CHECK(answer.trailers == "X-Sum: two\r\n");
}

TEST_CASE("answers without content are whole at their head") {
  Proxy proxy;
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  const struct {
    const char* request;
    const char* answer;
    const char* length;
  } rows[] = {
      {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "1000"},
      {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
      {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "7"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: x\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: x\r\n\r\n", "99"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.answer);
    client->send(row.request);
    if (!target) target = proxy.accept();
    target->read();
    target->send(row.answer);
    Message answer = client->read(true);
    if (answer.status() == 103) answer = client->read(true);
    CHECK(answer.whole);
    CHECK(answer.field("content-length") == row.length);
    proxy.settle();
    CHECK(client->waiting().empty());
  }
  CHECK_FALSE(client->gone());
  CHECK(proxy.target().accept_now() == nullptr);
}

TEST_CASE(
    "an answer that ends with its connection is chunked for HTTP/1.1 and ends the connection for HTTP/1.0") {
  for (const bool old : {false, true}) {
    Proxy proxy;
    auto client = proxy.connect();
    client->send(old ? "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                     : "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    auto target = proxy.accept();
    target->read();
    target->send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    target->close();
    const Message answer = client->read();
    CHECK(answer.whole);
    CHECK(answer.body == "until the end");
    CHECK(answer.field("transfer-encoding") == (old ? "" : "chunked"));
    proxy.settle();
    CHECK(client->gone() == old);
    CHECK_FALSE(client->broken());
  }
}

TEST_CASE("a chunked answer reaches an HTTP/1.0 client without its chunks and trailers") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("GET / HTTP/1.0\r\n\r\n");
  auto target = proxy.accept();
  CHECK(target->read().start_line == "GET / HTTP/1.1");
  target->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n");
  const std::string all = client->read_to_end();
  CHECK(all.ends_with("\r\n\r\nabc"));
  CHECK(all.find("chunked") == std::string::npos);
}

TEST_CASE("the target is held back when the client does not read") {
  for (const bool known_length : {true, false}) {
    CAPTURE(known_length);
    const std::string body = pattern(32 << 20);
    Proxy proxy;
    auto client = proxy.connect(16 * 1024);
    client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    auto target = proxy.accept();
    target->read();
    target->send(known_length ? "HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n"
                              : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    std::size_t sent = 0;
    for (int i = 0; i < 2000; ++i) {
      sent += target->send_some(std::string_view(body).substr(sent));
      proxy.turn();
    }
    CHECK(sent < 12 << 20);  // what the kernel's buffers hold
    CHECK(proxy.wakeups() < 10);
    REQUIRE(proxy.until([&] {
      sent += target->send_some(std::string_view(body).substr(sent));
      client->waiting();
      return sent == body.size();
    }));
    target->close();
    CHECK((client->read().body == body));
  }
}

TEST_CASE("the client is held back when the target does not read") {
  for (const bool known_length : {true, false}) {
    CAPTURE(known_length);
    const std::string body = pattern(32 << 20);
    Proxy proxy;
    proxy.target().limit_receive_buffer(16 * 1024);
    auto client = proxy.connect();
    const std::string request =
        known_length
            ? with_length("POST / HTTP/1.1\r\nHost: a", body)
            : "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, 50'000);
    std::size_t sent = 0;
    for (int i = 0; i < 2000; ++i) {
      sent += client->send_some(std::string_view(request).substr(sent));
      proxy.turn();
    }
    CHECK(sent < 12 << 20);
    CHECK(proxy.wakeups() < 10);
    auto target = proxy.accept();
    REQUIRE(proxy.until([&] {
      sent += client->send_some(std::string_view(request).substr(sent));
      target->waiting();
      return sent == request.size();
    }));
    CHECK((target->read().body == body));
  }
}

TEST_CASE("a target that dies inside large content leaves a visibly cut answer") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    Proxy proxy({.log = true});
    auto client = proxy.connect();
    client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    auto target = proxy.accept();
    target->read();
    target->send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + pattern(1 << 20));
    CHECK(client->read_to("\r\n\r\n").starts_with("HTTP/1.1 200"));
    if (reset) {
      target->reset();
    } else {
      target->close();
    }
    CHECK(client->read_to_end().size() <= 1 << 20);
    const auto lines = proxy.stop();
    REQUIRE(lines.size() == 1);
    CHECK(log_field(lines[0], "status") == "200");
    CHECK(log_field(lines[0], "reason") == "response_truncated");
  }
}

TEST_CASE("a client that dies inside large content ends the target's work") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + pattern(1 << 20));
  auto target = proxy.accept();
  target->read_to("\r\n\r\n");
  client->reset();
  CHECK(target->wait_gone());
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines[0], "status") == "460");
  CHECK(log_field(lines[0], "reason") == "client_gone");
}

TEST_CASE("large content survives that the kept connection it began on was stale") {
  const std::string body = pattern(2 << 20);
  Proxy proxy;
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 204 No Content\r\n\r\n");
  client->read();
  proxy.settle();
  // Whatever is sent first goes to a connection that turns out to be closed.
  const std::string request = with_length("PUT / HTTP/1.1\r\nHost: a", body);
  std::size_t sent = 0;
  for (int i = 0; i < 2; ++i) {
    sent += client->send_some(std::string_view(request).substr(sent, 20'000));
    proxy.settle();
  }
  target->reset();
  proxy.await_request(target);
  REQUIRE(proxy.until([&] {
    sent += client->send_some(std::string_view(request).substr(sent));
    target->waiting();
    return sent == request.size();
  }));
  CHECK((target->read().body == body));
  target->send("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(client->read().status() == 204);
}

TEST_CASE("an early answer to large content reaches the client whole") {
  const std::string body = pattern(16 << 20);
  Proxy proxy;
  auto client = proxy.connect(16 * 1024);
  const std::string request = with_length("POST / HTTP/1.1\r\nHost: a", body);
  std::size_t sent = client->send_some(std::string_view(request).substr(0, 2 << 20));
  auto target = proxy.accept();
  target->read_bytes(1 << 20);
  const std::string answer = pattern(2 << 20);
  const std::string response = with_length("HTTP/1.1 413 Content Too Large", answer);
  std::size_t answered = 0;
  std::string received;
  REQUIRE(proxy.until([&] {
    answered += target->send_some(std::string_view(response).substr(answered));
    received += client->read_bytes(1024);
    return answered == response.size();
  }));
  for (int i = 0; i < 50; ++i) {
    sent += client->send_some(std::string_view(request).substr(sent, 100'000));
    proxy.turn();
  }
  received += client->read_to_end();
  CHECK(received.ends_with(answer));
  CHECK_FALSE(client->broken());
}

}  // namespace weir::test
