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

}  // namespace weir::test
