// Requests and answers that are as they should be.

#include <doctest/doctest.h>

#include "tests/support/proxy.h"

namespace weir::test {

TEST_CASE("a request reaches the target and its answer the client") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("GET /time?zone=az-1 HTTP/1.1\r\nHost: example.org\r\n\r\n");
  auto target = proxy.accept();
  REQUIRE(target);
  const Message request = target->read();
  CHECK(request.start_line == "GET /time?zone=az-1 HTTP/1.1");
  CHECK(request.field("host") == "example.org");
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: mine\r\n\r\nnoon\n");
  const Message answer = client->read();
  CHECK(answer.start_line == "HTTP/1.1 200 OK");
  CHECK(answer.body == "noon\n");
  CHECK(answer.field("server") == "mine");
  CHECK(answer.has("date"));
}

TEST_CASE("a kept connection serves one request after the other, over one connection to the target") {
  Proxy proxy;
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  for (int i = 0; i < 5; ++i) {
    client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    if (!target) target = proxy.accept();
    REQUIRE(target->read().whole);
    target->send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
    CHECK(client->read().body == std::to_string(i));
    proxy.settle();
  }
  CHECK(proxy.target().accept_now() == nullptr);
  CHECK_FALSE(client->gone());
}

TEST_CASE("pipelined requests are answered in their order") {
  Proxy proxy;
  auto client = proxy.connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client->send(requests);
  std::unique_ptr<Peer> target;
  for (int i = 0; i < 20; ++i) {
    proxy.await_request(target);
    CHECK(target->read().start_line == "GET /" + std::to_string(i) + " HTTP/1.1");
    target->send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
  }
  for (int i = 0; i < 20; ++i) CHECK(client->read().body == "body");
  CHECK_FALSE(client->gone());
}

TEST_CASE("interim answers pass, but not to an HTTP/1.0 client") {
  for (const bool old : {false, true}) {
    Proxy proxy;
    auto client = proxy.connect();
    client->send(old ? "GET / HTTP/1.0\r\nHost: a\r\n\r\n" : "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    auto target = proxy.accept();
    target->read();
    target->send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
    proxy.settle();
    if (old) {
      CHECK(client->waiting().empty());
    } else {
      const Message hint = client->read();
      CHECK(hint.status() == 103);
      CHECK(hint.field("link") == "</style.css>");
      CHECK_FALSE(hint.has("connection"));
    }
    target->send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (!old) CHECK(client->read().status() == 102);
    CHECK(client->read().body == "ok");
  }
}

TEST_CASE("a client that waits for 100 (Continue) gets the target's, and then sends") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  auto target = proxy.accept();
  CHECK(target->read_to("\r\n\r\n").find("Expect: 100-continue\r\n") != std::string::npos);
  proxy.settle();
  CHECK(client->waiting().empty());
  target->send("HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client->read().status() == 100);
  client->send("hello");
  CHECK(target->read_bytes(5) == "hello");
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const Message answer = client->read();
  CHECK(answer.body == "ok");
  CHECK_FALSE(answer.has("connection"));
  proxy.settle();
  CHECK_FALSE(client->gone());
}

TEST_CASE("a target may refuse an expectation without the content ever being sent") {
  for (const char* status : {"417 Expectation Failed", "401 Unauthorized"}) {
    Proxy proxy;
    auto client = proxy.connect();
    client->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    auto target = proxy.accept();
    target->read_to("\r\n\r\n");
    target->send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 2\r\n\r\nno");
    const Message answer = client->read();
    CHECK(answer.start_line.ends_with(status));
    CHECK(answer.body == "no");
    // Whether content follows nobody knows: this connection is over, on both sides.
    CHECK(answer.field("connection") == "close");
    CHECK(client->wait_gone());
    CHECK(target->wait_gone());
  }
}

TEST_CASE("a client that expects 100 (Continue) and sends without it is served") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
  auto target = proxy.accept();
  CHECK(target->read().body == "hello");
  target->send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  Message answer = client->read();
  if (answer.status() == 100) answer = client->read();
  CHECK(answer.body == "ok");
  proxy.settle();
  CHECK_FALSE(client->gone());
}

TEST_CASE("an HTTP/1.0 client is kept if it asks for it") {
  for (const bool keeps : {true, false}) {
    Proxy proxy;
    auto client = proxy.connect();
    std::unique_ptr<Peer> target;
    for (int i = 0; i < (keeps ? 3 : 1); ++i) {
      client->send(std::string("GET / HTTP/1.0\r\nHost: a\r\n") +
                   (keeps ? "Connection: keep-alive\r\n\r\n" : "\r\n"));
      proxy.await_request(target);
      const Message request = target->read();
      CHECK(request.start_line == "GET / HTTP/1.1");
      CHECK_FALSE(request.has("connection"));
      target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      const Message answer = client->read();
      CHECK(answer.body == "ok");
      CHECK(answer.field("connection") == (keeps ? "keep-alive" : "close"));
      proxy.settle();
    }
    CHECK(client->gone() != keeps);
  }
}

TEST_CASE("a client that says close gets its answer and the close") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  auto target = proxy.accept();
  CHECK_FALSE(target->read().has("connection"));
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(client->read().field("connection") == "close");
  CHECK(client->wait_gone());
  CHECK_FALSE(client->broken());
  proxy.settle();
  CHECK_FALSE(target->gone());
}

TEST_CASE("the forms of a request target arrive as a server wants them") {
  const struct {
    const char* line;
    const char* forwarded;
    const char* host;
  } rows[] = {{"GET http://b:8080/x?y HTTP/1.1", "GET /x?y HTTP/1.1", "b:8080"},
              {"GET http://b HTTP/1.1", "GET / HTTP/1.1", "b"},
              {"OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1", "a"},
              {"OPTIONS http://b HTTP/1.1", "OPTIONS * HTTP/1.1", "b"}};
  for (const auto& row : rows) {
    CAPTURE(row.line);
    Proxy proxy;
    auto client = proxy.connect();
    client->send(std::string(row.line) + "\r\nHost: a\r\n\r\n");
    const Message request = proxy.accept()->read();
    CHECK(request.start_line == row.forwarded);
    CHECK(request.field("host") == row.host);
  }
}

TEST_CASE("fields that are meant for one hop do not pass, others do") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\n"
      "Proxy-Connection: keep-alive\r\nX-Other: 2\r\n\r\n");
  auto target = proxy.accept();
  const Message request = target->read();
  for (const char* name : {"connection", "x-mine", "keep-alive", "proxy-connection"})
    CHECK_FALSE(request.has(name));
  CHECK(request.field("x-other") == "2");
  target->send(
      "HTTP/1.1 200 OK\r\nConnection: X-Its\r\nX-Its: 1\r\nKeep-Alive: timeout=5\r\nX-More: 2\r\n"
      "Content-Length: 0\r\n\r\n");
  const Message answer = client->read();
  for (const char* name : {"connection", "x-its", "keep-alive"}) CHECK_FALSE(answer.has(name));
  CHECK(answer.field("x-more") == "2");
}

TEST_CASE("the target is told who asks, and not what an untrusted client claims") {
  for (const bool trusted : {false, true}) {
    CAPTURE(trusted);
    Proxy proxy;
    if (trusted) proxy.listener_settings().forwarded.trust = {*base::Cidr::parse("127.0.0.0/8")};
    auto client = proxy.connect();
    client->send(
        "GET / HTTP/1.1\r\nHost: example.org\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: "
        "https\r\n\r\n");
    const Message request = proxy.accept()->read();
    CHECK(request.field("x-forwarded-for") == (trusted ? "192.0.2.1, 127.0.0.1" : "127.0.0.1"));
    CHECK(request.field("x-forwarded-proto") == (trusted ? "https" : "http"));
    CHECK(request.has("x-request-id"));
    CHECK(request.has("traceparent"));
    CHECK(request.has("x-amzn-trace-id"));
  }
}

TEST_CASE("each exchange is one line of the log, and counted once") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  for (int i = 0; i < 3; ++i) {
    client->send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    proxy.await_request(target);
    target->read();
    proxy.advance(milliseconds(5));
    target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    client->read();
    proxy.settle();
  }
  CHECK(proxy.requests(200) == 3);
  const auto totals = proxy.totals();
  CHECK(totals.targets[0].outstanding == 0);
  CHECK(totals.targets[0].requests[1] == 3);
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 3);
  CHECK(log_field(lines[1], "status") == "200");
  CHECK(log_field(lines[1], "target_status") == "200");
  CHECK(log_field(lines[1], "target_group") == "app");
  CHECK(log_field(lines[1], "reason") == "");
  CHECK(log_field(lines[0], "reused") == "false");
  CHECK(log_field(lines[1], "reused") == "true");
}

TEST_CASE("a parser that is used again keeps the limits of its listener") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n");
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(client->read().status() == 204);
  proxy.settle();

  model::Listener narrow = proxy.listener_settings();
  narrow.name = "narrow";
  narrow.limits.header_bytes = 4096;
  const auto second = proxy.make_listener(narrow);
  auto pipe = std::make_shared<MemoryPipe>();
  pipe->habits = {.read_size = 10'000, .write_size = 10'000, .window = 10'000, .stutter = false};
  second->adopt(std::make_unique<MemoryStream>(proxy.loop(), pipe), proxy.target().address());
  MemoryPeer peer([&] { proxy.turn(); }, pipe);
  peer.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n");
  CHECK(peer.read().status() == 431);
}

TEST_CASE("interim answers are held back when the client does not read") {
  Proxy proxy;
  auto client = proxy.connect(16 * 1024);
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  auto target = proxy.accept();
  target->read();
  const std::string hint = "HTTP/1.1 103 Early Hints\r\nLink: " + std::string(8000, 'x') + "\r\n\r\n";
  std::string all;
  for (int i = 0; i < 4000; ++i) all += hint;
  std::size_t sent = 0;
  for (int i = 0; i < 2000; ++i) {
    sent += target->send_some(std::string_view(all).substr(sent));
    proxy.turn();
  }
  CHECK(sent < 12 << 20);  // what the kernel's buffers hold
  REQUIRE(proxy.until([&] {
    sent += target->send_some(std::string_view(all).substr(sent));
    client->waiting();
    return sent == all.size();
  }));
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  for (int i = 0; i < 4000; ++i) REQUIRE(client->read().status() == 103);
  CHECK(client->read().body == "ok");
}

TEST_CASE("X-Forwarded-Port is that of the socket that the client came by") {
  proxy::Entrance other{.port = 8443, .port_text = "8443"};
  proxy::Entrance none;
  Proxy proxy;
  proxy.start();
  std::unique_ptr<Peer> target;
  for (proxy::Entrance* const entrance : {&other, &none}) {
    auto pipe = std::make_shared<MemoryPipe>();
    proxy.listener().adopt(std::make_unique<MemoryStream>(proxy.loop(), pipe), proxy.target().address(),
                           *entrance);
    MemoryPeer peer([&] { proxy.turn(); }, pipe);
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    proxy.await_request(target);
    const Message request = target->read();
    CHECK(request.field("x-forwarded-port") == entrance->port_text);
    CHECK(request.has("x-forwarded-port") == (entrance == &other));
    target->send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(peer.read().status() == 204);
  }
}

}  // namespace weir::test
