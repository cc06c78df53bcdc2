// Upgrades: who gets a tunnel, and what passes through it.

#include <doctest/doctest.h>

#include "tests/support/proxy.h"

namespace weir::test {
namespace {

constexpr std::string_view kUpgrade =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr std::string_view kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

// Both ends of a tunnel that stands.
struct Tunnel {
  explicit Tunnel(Proxy& proxy, int receive_buffer = 0) : client(proxy.connect(receive_buffer)) {
    client->send(kUpgrade);
    target = proxy.accept();
    target->read();
    target->send(kSwitch);
    CHECK(client->read().status() == 101);
  }
  std::unique_ptr<Peer> client;
  std::unique_ptr<Peer> target;
};

Message forwarded(Proxy& proxy, std::string_view request) {
  auto client = proxy.connect();
  client->send(request);
  auto target = proxy.accept();
  return target->read();
}

}  // namespace

TEST_CASE("a listed token passes with its Connection option, and a 101 makes a tunnel both ways") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kUpgrade);
  auto target = proxy.accept();
  const Message request = target->read();
  CHECK(request.field("upgrade") == "websocket");
  CHECK(request.field("connection") == "upgrade");
  target->send(kSwitch);
  const Message answer = client->read();
  CHECK(answer.status() == 101);
  CHECK(answer.field("upgrade") == "websocket");
  CHECK(answer.field("connection") == "upgrade");
  CHECK(proxy.totals().find_listener("web")->websockets == 1);
  for (int i = 0; i < 3; ++i) {
    client->send("ping");
    CHECK(target->read_bytes(4) == "ping");
    target->send("pong");
    CHECK(client->read_bytes(4) == "pong");
  }
  CHECK_FALSE(target->gone());
  client->shutdown_write();
  CHECK(target->wait_gone());
  target->close();
  CHECK(client->wait_gone());
  CHECK_FALSE(client->broken());
  proxy.settle();
  CHECK(proxy.totals().find_listener("web")->websockets == 0);
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines[0], "status") == "101");
  CHECK(log_field(lines[0], "type") == "ws");
}

TEST_CASE("what comes right behind the upgrade request is the tunnel's first content") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(std::string(kUpgrade) + "early");
  auto target = proxy.accept();
  target->read();
  proxy.settle();
  CHECK(target->waiting().empty());
  target->send(std::string(kSwitch) + "first");
  CHECK(target->read_bytes(5) == "early");
  CHECK(client->read().status() == 101);
  CHECK(client->read_bytes(5) == "first");
}

TEST_CASE("what comes right behind the upgrade request is no tunnel's if the target refuses one") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(std::string(kUpgrade) + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
  CHECK(client->read().body == "no");
  proxy.await_request(target);
  CHECK(target->read().start_line == "GET /next HTTP/1.1");
}

TEST_CASE("a request that may not become a tunnel goes on as an ordinary one") {
  const char* heads[] = {
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket, other\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
      "AAM\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: "
      "2\r\n\r\nhi",
      "GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  };
  for (const char* head : heads) {
    CAPTURE(head);
    Proxy proxy;
    const Message request = forwarded(proxy, head);
    CHECK(request.whole);
    CHECK_FALSE(request.has("upgrade"));
    CHECK_FALSE(request.has("http2-settings"));
    CHECK_FALSE(request.has("connection"));
  }
}

TEST_CASE("a 101 that nobody asked for is answered 502") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  auto target = proxy.accept();
  target->read();
  target->send(kSwitch);
  const Message answer = client->read();
  CHECK(answer.status() == 502);
  CHECK(answer.field("proxy-status").find("http_upgrade_failed") != std::string::npos);
  CHECK(target->wait_gone());
}

TEST_CASE("a tunnel's directions end one by one") {
  for (const bool client_first : {true, false}) {
    CAPTURE(client_first);
    Proxy proxy;
    Tunnel tunnel(proxy);
    Peer& first = client_first ? *tunnel.client : *tunnel.target;
    Peer& second = client_first ? *tunnel.target : *tunnel.client;
    first.send("last words");
    first.shutdown_write();
    CHECK(second.read_to_end() == "last words");
    CHECK_FALSE(second.broken());
    second.send("still talking");
    CHECK(first.read_bytes(13) == "still talking");
    second.close();
    CHECK(first.wait_gone());
    CHECK_FALSE(first.broken());
    REQUIRE(proxy.until([&] { return proxy.listener().connections() == 0; }));
  }
}

TEST_CASE("what the second direction of a tunnel sent before its end arrives, however slowly it is read") {
  const std::string large = pattern(32 << 20);
  for (const bool client_first : {true, false}) {
    CAPTURE(client_first);
    Proxy proxy;
    proxy.target().limit_receive_buffer(16 * 1024);
    Tunnel tunnel(proxy, 16 * 1024);
    Peer& first = client_first ? *tunnel.client : *tunnel.target;
    Peer& second = client_first ? *tunnel.target : *tunnel.client;
    first.shutdown_write();
    CHECK(second.wait_gone());
    std::size_t sent = 0;
    for (int i = 0; i < 200; ++i) {
      sent += second.send_some(std::string_view(large).substr(sent));
      proxy.turn();
    }
    second.shutdown_write();
    CHECK(sent < large.size());
    CHECK(proxy.wakeups() < 10);  // paused, not spinning
    const std::string arrived = first.read_to_end();
    CHECK(arrived.size() == sent);
    CHECK((arrived == large.substr(0, sent)));
    CHECK_FALSE(first.broken());
    REQUIRE(proxy.until([&] { return proxy.listener().connections() == 0; }));
  }
}

TEST_CASE("a tunnel holds its source back when the other side does not read") {
  const std::string large = pattern(32 << 20);
  for (const bool from_client : {true, false}) {
    CAPTURE(from_client);
    Proxy proxy;
    proxy.target().limit_receive_buffer(16 * 1024);
    Tunnel tunnel(proxy, 16 * 1024);
    Peer& source = from_client ? *tunnel.client : *tunnel.target;
    Peer& sink = from_client ? *tunnel.target : *tunnel.client;
    std::size_t sent = 0;
    for (int i = 0; i < 500; ++i) {
      sent += source.send_some(std::string_view(large).substr(sent));
      proxy.turn();
    }
    CHECK(sent < large.size());
    CHECK(proxy.wakeups() < 10);
    std::string arrived = sink.read_bytes(sent);
    CHECK((arrived == large.substr(0, sent)));
    source.send(std::string_view(large).substr(sent, 100));
    CHECK(sink.read_bytes(100) == large.substr(sent, 100));
  }
}

TEST_CASE("a tunnel ends when nothing passes in either direction for timeouts.tunnel") {
  Proxy proxy({.log = true});
  proxy.listener_settings().timeouts.tunnel = seconds(10);
  Tunnel tunnel(proxy);
  for (int i = 0; i < 3; ++i) {
    proxy.advance(seconds(9));
    tunnel.client->send("x");
    CHECK(tunnel.target->read_bytes(1) == "x");
    proxy.advance(seconds(9));
    tunnel.target->send("y");
    CHECK(tunnel.client->read_bytes(1) == "y");
  }
  CHECK_FALSE(tunnel.client->gone());
  proxy.advance(milliseconds(10'010));
  CHECK(tunnel.client->wait_gone());
  CHECK(tunnel.target->wait_gone());
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines[0], "reason") == "tunnel_timeout");
}

TEST_CASE("a tunnel without a timeout stays") {
  Proxy proxy;
  proxy.listener_settings().timeouts.tunnel = std::nullopt;
  Tunnel tunnel(proxy);
  proxy.advance(std::chrono::hours(100));
  tunnel.client->send("x");
  CHECK(tunnel.target->read_bytes(1) == "x");
}

TEST_CASE("a reset on one side of a tunnel ends the other") {
  for (const bool client_breaks : {true, false}) {
    CAPTURE(client_breaks);
    Proxy proxy;
    Tunnel tunnel(proxy);
    (client_breaks ? tunnel.client : tunnel.target)->reset();
    CHECK((client_breaks ? tunnel.target : tunnel.client)->wait_gone());
    REQUIRE(proxy.until([&] { return proxy.listener().connections() == 0; }));
  }
}

TEST_CASE("a 101 for another protocol than the one asked for is answered 502") {
  for (const std::string upgrade : {"Upgrade: h2c\r\n", ""}) {
    Proxy proxy;
    auto client = proxy.connect();
    client->send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n");
    auto target = proxy.accept();
    target->read();
    target->send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n" + upgrade + "\r\n");
    const Message answer = client->read();
    CHECK(answer.status() == 502);
    CHECK(answer.field("proxy-status").find("http_upgrade_failed") != std::string::npos);
    CHECK(target->wait_gone());
  }
}

}  // namespace weir::test
