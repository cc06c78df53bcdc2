// Every timeout, on a clock that the test moves.

#include <doctest/doctest.h>

#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

constexpr std::string_view kLongPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
constexpr base::Duration kTick = milliseconds(10);

std::vector<std::string> one_line(Proxy& proxy, std::string_view status, std::string_view reason) {
  auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines[0], "status") == status);
  CHECK(log_field(lines[0], "reason") == reason);
  return lines;
}

}  // namespace

TEST_CASE("a head has timeouts.header in total, however often a byte of it comes") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n");
  for (int i = 0; i < 9; ++i) {
    proxy.advance(seconds(1));
    client->send("X: y\r\n");
    CHECK_FALSE(client->gone());
  }
  proxy.advance(seconds(1) + kTick);
  const Message answer = client->read();
  CHECK(answer.status() == 408);
  CHECK(answer.field("connection") == "close");
  CHECK(client->wait_gone());
  CHECK(proxy.target().accept_now() == nullptr);
  one_line(proxy, "408", "header_timeout");
}

TEST_CASE("a connection without a request is closed silently after timeouts.idle") {
  Proxy proxy({.log = true});
  auto fresh = proxy.connect();
  auto used = proxy.connect();
  used->send(kGet);
  auto target = proxy.accept();
  target->read();
  proxy.advance(seconds(59));
  target->send(kEmpty);
  used->read();
  CHECK_FALSE(fresh->gone());
  proxy.advance(seconds(1) + kTick);
  CHECK(fresh->wait_gone());
  CHECK(fresh->waiting().empty());
  CHECK_FALSE(fresh->broken());
  CHECK_FALSE(used->gone());
  proxy.advance(seconds(59));
  CHECK(used->wait_gone());
  CHECK(used->waiting().empty());
  one_line(proxy, "200", "");
}

TEST_CASE("a request that comes in the moment of the idle timeout is answered") {
  Proxy proxy;
  auto client = proxy.connect();
  proxy.settle();
  proxy.advance(seconds(59));
  client->send(kGet);
  // No turn of the loop in between: the timer is looked at first.
  proxy.expire(seconds(2));
  auto target = proxy.accept();
  REQUIRE(target);
  target->read();
  target->send(kEmpty);
  CHECK(client->read().status() == 200);
}

TEST_CASE("a body without progress is cut after timeouts.body") {
  for (const bool begun : {false, true}) {
    CAPTURE(begun);
    Proxy proxy({.log = true});
    auto client = proxy.connect();
    client->send(std::string(kLongPost) + pattern(9000));
    auto target = proxy.accept();
    target->read_to("\r\n\r\n");
    if (begun) {
      target->send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
      CHECK_FALSE(client->read_to("half").empty());
    }
    proxy.advance(seconds(20));
    client->send(pattern(9000));
    proxy.advance(seconds(29));
    CHECK_FALSE(client->gone());
    proxy.advance(seconds(1) + kTick);
    CHECK(target->wait_gone());
    const std::string rest = client->read_to_end();
    CHECK(rest.starts_with("HTTP/1.1 408") == !begun);
    one_line(proxy, begun ? "200" : "408", "body_timeout");
  }
}

TEST_CASE("a body under 240 bytes a second is cut after 30 seconds, a faster one is not") {
  for (const bool slow : {true, false}) {
    CAPTURE(slow);
    Proxy proxy({.log = true});
    auto client = proxy.connect();
    client->send(kLongPost);
    auto target = proxy.accept();
    for (int i = 0; i < 31 && !client->gone(); ++i) {
      client->send(pattern(slow ? 239 : 250));
      proxy.advance(seconds(1));
    }
    proxy.advance(kTick);
    CHECK(client->gone() == slow);
    if (slow) one_line(proxy, "408", "body_timeout");
  }
}

TEST_CASE("the body's clock stands still while weir holds the client back") {
  Proxy proxy;
  proxy.group_settings().timeouts.response = std::nullopt;
  proxy.target().limit_receive_buffer(16 * 1024);
  auto client = proxy.connect();
  const std::string body = pattern(32 << 20);
  client->send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2000000\r\n");
  std::size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    sent += client->send_some(std::string_view(body).substr(sent));
    proxy.turn();
  }
  REQUIRE(sent < body.size());
  proxy.advance(std::chrono::hours(1));
  CHECK_FALSE(client->gone());
  auto target = proxy.accept();
  REQUIRE(proxy.until([&] {
    sent += client->send_some(std::string_view(body).substr(sent));
    target->waiting();
    return sent == body.size();
  }));
  client->send("\r\n0\r\n\r\n");
  CHECK((target->read().body == body));
}

TEST_CASE("a client that may send its content only now has timeouts.body from now on") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 8000\r\n\r\n");
  auto target = proxy.accept();
  target->read_to("\r\n\r\n");
  proxy.advance(seconds(29));
  target->send("HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client->read().status() == 100);
  proxy.advance(seconds(2));
  CHECK(client->waiting().empty());
  client->send(pattern(8000));
  CHECK_FALSE(target->read_bytes(8000).empty());
}

TEST_CASE("a client that takes nothing is cut after timeouts.write, and others go on") {
  Proxy proxy({.log = true});
  auto client = proxy.connect(16 * 1024);
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  const std::string body = pattern(32 << 20);
  target->send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  std::size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    sent += target->send_some(std::string_view(body).substr(sent));
    proxy.turn();
  }
  auto other = proxy.connect();
  proxy.advance(seconds(15));
  proxy.advance(seconds(14));
  CHECK_FALSE(target->gone());
  proxy.advance(seconds(10));
  CHECK(target->wait_gone());
  CHECK_FALSE(other->gone());
  client->read_to_end();
  CHECK(client->broken());
  one_line(proxy, "200", "write_timeout");
}

TEST_CASE("a target has timeouts.response from the request wholly sent to the head") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + pattern(9000));
  auto target = proxy.accept();
  proxy.advance(seconds(29));
  client->send(pattern(1000));
  CHECK(target->read().whole);
  proxy.advance(seconds(59));
  target->send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200");
  CHECK(client->read().status() == 103);
  CHECK_FALSE(target->gone());
  proxy.advance(seconds(1) + kTick);
  const Message answer = client->read();
  CHECK(answer.status() == 504);
  CHECK(answer.field("proxy-status") == "weir; error=http_response_timeout; details=\"response_timeout\"");
  CHECK(target->wait_gone());
  CHECK_FALSE(client->gone());
  one_line(proxy, "504", "response_timeout");
}

TEST_CASE("an answer that stops is cut after the group's timeouts.idle") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\na");
  for (int i = 0; i < 3; ++i) {
    proxy.advance(seconds(59));
    target->send("b");
    proxy.settle();
  }
  CHECK_FALSE(client->gone());
  proxy.advance(seconds(60) + kTick);
  CHECK(client->wait_gone());
  CHECK(target->wait_gone());
  one_line(proxy, "200", "response_idle_timeout");
}

TEST_CASE("the group's idle clock stands still while weir holds the target back") {
  Proxy proxy;
  proxy.listener_settings().timeouts.write = std::nullopt;
  auto client = proxy.connect(16 * 1024);
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  const std::string body = pattern(32 << 20);
  target->send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  std::size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    sent += target->send_some(std::string_view(body).substr(sent));
    proxy.turn();
  }
  proxy.advance(std::chrono::hours(1));
  CHECK_FALSE(target->gone());
  REQUIRE(proxy.until([&] {
    sent += target->send_some(std::string_view(body).substr(sent));
    client->waiting();
    return sent == body.size();
  }));
  target->close();
  CHECK((client->read().body == body));
}

TEST_CASE("a connection that is not made within timeouts.connect leads to another target, then to 504") {
  Proxy proxy({.targets = 2, .target_wire = Wire::memory, .log = true});
  proxy.target(0).habits.accepts = proxy.target(1).habits.accepts = false;
  auto client = proxy.connect();
  client->send(kGet);
  proxy.advance(seconds(2) - kTick);
  CHECK(client->waiting().empty());
  proxy.advance(kTick * 2);
  CHECK(client->waiting().empty());
  proxy.advance(seconds(2) + kTick);
  const Message answer = client->read();
  CHECK(answer.status() == 504);
  CHECK(answer.field("proxy-status") == "weir; error=connection_timeout; details=\"connect_timeout\"");
  const auto lines = one_line(proxy, "504", "connect_timeout");
  CHECK(log_field(lines[0], "attempts") == "2");
}

TEST_CASE("after client_lifetime the next answer is the connection's last") {
  Proxy proxy;
  proxy.listener_settings().timeouts.client_lifetime = seconds(100);
  proxy.listener_settings().timeouts.idle = std::nullopt;
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  for (int i = 0; i < 2; ++i) {
    client->send(kGet);
    proxy.await_request(target);
    target->read();
    target->send(kEmpty);
    CHECK(client->read().field("connection") == (i == 0 ? "" : "close"));
    proxy.advance(seconds(101));
  }
  CHECK(client->gone());
}

TEST_CASE("every timeout may be off") {
  Proxy proxy;
  proxy.listener_settings().timeouts = {std::nullopt, std::nullopt, std::nullopt,
                                        std::nullopt, std::nullopt, std::nullopt};
  proxy.group_settings().timeouts = {std::nullopt, std::nullopt, std::nullopt};
  proxy.group_settings().keepalive.max_age = std::nullopt;
  const auto wait = [&] { proxy.advance(std::chrono::hours(1000)); };
  auto client = proxy.connect();
  wait();
  client->send("POST / HTTP/1.1\r\n");
  wait();
  client->send("Host: a\r\nContent-Length: 2\r\n\r\na");
  auto target = proxy.accept();
  wait();
  client->send("b");
  CHECK(target->read().body == "ab");
  wait();
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
  wait();
  target->send("b");
  const Message answer = client->read();
  CHECK(answer.body == "ab");
  CHECK_FALSE(answer.has("connection"));
  wait();
  CHECK_FALSE(client->gone());
  CHECK_FALSE(target->gone());
}

TEST_CASE("a client that is cut while its answer waits in the kernel has had its line in the log") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  client->reset();
  CHECK(target->wait_gone());
  one_line(proxy, "460", "client_gone");
}

TEST_CASE("while a client waits for 100 (Continue), the target's clock runs and not the client's") {
  Proxy proxy({.log = true});
  proxy.group_settings().timeouts.response = seconds(100);
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  auto target = proxy.accept();
  target->read_to("\r\n\r\n");
  for (int i = 0; i < 99; ++i) proxy.advance(seconds(1));
  CHECK(client->waiting().empty());
  proxy.advance(seconds(1) + kTick);
  CHECK(client->read().status() == 504);
  CHECK(client->wait_gone());
  one_line(proxy, "504", "response_timeout");
}

TEST_CASE("a client that does not wait for 100 (Continue) has to go on with what it began") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\na");
  auto target = proxy.accept();
  target->read_to("\r\n\r\na");
  proxy.advance(seconds(30) + kTick);
  CHECK(client->read().status() == 408);
  one_line(proxy, "408", "body_timeout");
}

TEST_CASE("a 100 (Continue) that nobody waits for gives a client no more time") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  auto target = proxy.accept();
  target->read_to("\r\n\r\n");
  for (int i = 0; i < 2; ++i) {
    target->send("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(client->read().status() == 100);
    proxy.advance(seconds(15) + kTick);
  }
  CHECK(client->read().status() == 408);
  one_line(proxy, "408", "body_timeout");
}

TEST_CASE("the target's clock stands still while interim answers wait for the client") {
  Proxy proxy({.log = true});
  proxy.group_settings().timeouts.response = seconds(10);
  proxy.listener_settings().timeouts.write = std::nullopt;
  auto client = proxy.connect(16 * 1024);
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  const std::string hint = "HTTP/1.1 103 Early Hints\r\nLink: " + std::string(8000, 'x') + "\r\n\r\n";
  std::string all;
  for (int i = 0; i < 2000; ++i) all += hint;
  std::size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    sent += target->send_some(std::string_view(all).substr(sent));
    proxy.turn();
  }
  REQUIRE(sent < all.size());
  proxy.advance(seconds(11));
  REQUIRE(proxy.until([&] {
    sent += target->send_some(std::string_view(all).substr(sent));
    client->waiting();
    return sent == all.size();
  }));
  target->send(kEmpty);
  for (int i = 0; i < 2000; ++i) REQUIRE(client->read().status() == 103);
  CHECK(client->read().status() == 200);
  one_line(proxy, "200", "");
}

}  // namespace weir::test
