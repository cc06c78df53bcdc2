// What weir answers itself: malformed requests, limits, and messages cut anywhere.

#include <doctest/doctest.h>

#include "tests/support/proxy.h"

namespace weir::test {
namespace {

const std::string kHost = "Host: a\r\n";

std::string large_head(std::size_t bytes) {
  return "GET / HTTP/1.1\r\n" + kHost + "X-Large: " + std::string(bytes, 'x') + "\r\n\r\n";
}

// The answer to what is no request, with nothing forwarded and the connection closed behind it.
void check_refused(Proxy& proxy, const std::string& bytes, unsigned status) {
  auto client = proxy.connect();
  client->send(bytes);
  const Message answer = client->read();
  CHECK(answer.status() == status);
  CHECK(answer.field("connection") == "close");
  CHECK(answer.field("proxy-status").starts_with("weir; error="));
  CHECK(answer.has("x-request-id"));
  CHECK(answer.body.starts_with(std::to_string(status)));
  CHECK(client->wait_gone());
  CHECK_FALSE(client->broken());
  CHECK(proxy.target().accept_now() == nullptr);
}

}  // namespace

TEST_CASE("a malformed request is answered, the connection closed and nothing forwarded") {
  const struct {
    std::string bytes;
    unsigned status;
  } rows[] = {
      {"POST / HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\n" + kHost + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + kHost + "X: a\r\n b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + kHost + "X: a\rb\r\n\r\n", 400},
      {"GET / HTTP/1.1\n" + kHost + "\r\n", 400},
      {"GET / HTTP/1.1\r\n" + kHost + "X: \x01\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n", 400},
      {"GET http://user@a/ HTTP/1.1\r\n" + kHost + "\r\n", 400},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello hello", 400},
      {std::string("\0\0\0\0", 4), 400},
      {"GET / HTTP/3.0\r\n" + kHost + "\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"BREW / HTTP/1.1\r\n" + kHost + "\r\n", 501},
      {"GET / HTTP/1.1\r\n" + kHost + "Expect: cake\r\n\r\n", 417},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 405},
  };
  Proxy proxy;
  for (const auto& row : rows) {
    CAPTURE(row.bytes);
    check_refused(proxy, row.bytes, row.status);
  }
}

TEST_CASE("heads, targets and bodies have their limits") {
  Proxy proxy;
  auto& limits = proxy.listener_settings().limits;
  limits.header_bytes = 4096;
  limits.headers = 10;
  limits.target_bytes = 1024;
  limits.body_bytes = 100;
  check_refused(proxy, large_head(5000), 431);
  std::string many = "GET / HTTP/1.1\r\n" + kHost;
  for (int i = 0; i < 12; ++i) many += "X: y\r\n";
  check_refused(proxy, many + "\r\n", 431);
  check_refused(proxy, "GET /" + std::string(2000, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n", 414);
  check_refused(proxy, "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 101\r\n\r\n" + std::string(101, 'x'),
                413);
}

TEST_CASE("a chunked body over the limit is answered 413 and its attempt given up") {
  Proxy proxy;
  proxy.listener_settings().limits.body_bytes = 100;
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n32\r\n" +
               std::string(50, 'x') + "\r\n");
  auto target = proxy.accept();
  CHECK(target->read_to(std::string(50, 'x')).starts_with("POST"));
  client->send("33\r\n" + std::string(51, 'x') + "\r\n");
  CHECK(client->read().status() == 413);
  CHECK(target->wait_gone());
  CHECK(client->wait_gone());
}

TEST_CASE("a framing error inside a chunked body is 400 if no response has begun, else a cut") {
  for (const bool begun : {false, true}) {
    CAPTURE(begun);
    Proxy proxy({.log = true});
    auto client = proxy.connect();
    client->send("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    auto target = proxy.accept();
    target->read_to("hello");
    if (begun) {
      target->send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
      CHECK(client->read_to("half").starts_with("HTTP/1.1 200"));
    }
    client->send("nonsense\r\n");
    CHECK(target->wait_gone());
    const std::string rest = client->read_to_end();
    CHECK(rest.starts_with("HTTP/1.1 400") == !begun);
    CHECK(rest.empty() == begun);
    const auto lines = proxy.stop();
    REQUIRE(lines.size() == 1);
    CHECK(log_field(lines[0], "status") == (begun ? "200" : "400"));
    CHECK(log_field(lines[0], "reason") == "bad_chunk");
  }
}

TEST_CASE("ten megabytes of head and a million empty lines disturb nobody") {
  Proxy proxy;
  auto other = proxy.connect();
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\n" + kHost + "X: ");
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 100 && !client->gone(); ++i) client->send(piece);
  CHECK(client->read().status() == 431);
  auto second = proxy.connect();
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "\r\n";
  for (int i = 0; i < 100 && !second->gone(); ++i) second->send(lines);
  CHECK(second->wait_gone());
  other->send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  auto target = proxy.accept();
  CHECK(target->read().whole);
  target->send("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(other->read().status() == 204);
}

TEST_CASE("the answer to a client that asks for JSON is JSON") {
  Proxy proxy;
  proxy.target().refuse();
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\n" + kHost + "Accept: application/json\r\n\r\n");
  const Message answer = client->read();
  CHECK(answer.status() == 502);
  CHECK(answer.field("content-type") == "application/json");
  CHECK(answer.body.starts_with("{\"status\":502,"));
}

TEST_CASE("a client may close or reset at every byte of its request") {
  const std::string requests[] = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
  };
  for (const bool reset : {false, true}) {
    for (const std::string& request : requests) {
      Proxy proxy;
      for (std::size_t cut = 0; cut < request.size(); ++cut) {
        CAPTURE(request.substr(0, cut));
        auto client = proxy.connect();
        client->send(std::string_view(request).substr(0, cut));
        proxy.settle();
        auto target = proxy.target().accept_now();
        if (reset) {
          client->reset();
        } else {
          client->close();
        }
        REQUIRE(proxy.until([&] { return proxy.listener().connections() == 0; }));
        if (target) CHECK(target->wait_gone());
      }
    }
  }
}

TEST_CASE("connections over the listener's limit are answered 503") {
  Proxy proxy;
  proxy.listener_settings().limits.connections = 2;
  auto first = proxy.connect();
  auto second = proxy.connect();
  proxy.settle();
  auto third = proxy.connect();
  const Message answer = third->read();
  CHECK(answer.status() == 503);
  CHECK(answer.field("proxy-status").starts_with("weir; error=connection_limit_reached"));
  CHECK(answer.field("connection") == "close");
  CHECK(answer.has("x-request-id"));
  CHECK(answer.has("date"));
  CHECK(answer.has("retry-after"));
  CHECK(third->wait_gone());
  first->close();
  REQUIRE(proxy.until([&] { return proxy.listener().connections() == 1; }));
  auto fourth = proxy.connect();
  proxy.settle();
  CHECK(proxy.listener().connections() == 2);
  CHECK_FALSE(fourth->gone());
}

TEST_CASE("connections of one source have a limit of their own, and it is given back") {
  Proxy proxy;
  proxy.listener_settings().limits.connections_per_source = 1;
  for (int i = 0; i < 3; ++i) {
    auto first = proxy.connect();
    proxy.settle();
    auto second = proxy.connect();
    CHECK(second->read().status() == 503);
    CHECK_FALSE(first->gone());
    first->close();
    REQUIRE(proxy.until([&] { return proxy.listener().connections() == 0; }));
  }
}

TEST_CASE("over process.max_connections clients wait to be accepted") {
  Proxy proxy({.max_connections = 2});
  auto first = proxy.connect();
  auto second = proxy.connect();
  auto third = proxy.connect();
  proxy.settle();
  CHECK(proxy.listener().connections() == 2);
  proxy.advance(seconds(1));
  CHECK(proxy.listener().connections() == 2);
  CHECK_FALSE(third->gone());
  first->close();  // the next one comes in at once, without a timer
  REQUIRE(proxy.until([&] { return proxy.listener().connections() == 1; }));
  REQUIRE(proxy.until([&] { return proxy.listener().connections() == 2; }));
  third->send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
  CHECK(proxy.accept() != nullptr);
}

TEST_CASE("the last request that a connection may bring is told so") {
  Proxy proxy;
  proxy.listener_settings().limits.requests_per_connection = 2;
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  for (int i = 1; i <= 2; ++i) {
    client->send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
    proxy.await_request(target);
    target->read();
    // The next request is on its way before the client can know.
    target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (i == 2) client->send("GET /late HTTP/1.1\r\n" + kHost + "\r\n");
    const Message answer = client->read();
    CHECK(answer.body == "ok");
    CHECK((answer.field("connection") == "close") == (i == 2));
  }
  CHECK(client->wait_gone());
  CHECK_FALSE(client->broken());
}

}  // namespace weir::test
