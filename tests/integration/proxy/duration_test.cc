// Whose time a duration is: the client's, weir's or the target's.

#include <doctest/doctest.h>

#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

constexpr std::string_view kShortPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";

}  // namespace

TEST_CASE("the time in which a client sends its request is not the target's") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kShortPost);
  auto target = proxy.accept();
  for (int i = 0; i < 3; ++i) {
    proxy.advance(milliseconds(700));
    client->send("abc");
  }
  target->read();
  proxy.advance(milliseconds(20));
  target->send(kEmpty);
  CHECK(client->read().status() == 200);
  const auto totals = proxy.totals();
  CHECK(totals.targets[0].response.sum == 20'000'000);
  const std::string line = proxy.stop().at(0);
  CHECK(log_field(line, "first_byte_seconds") == "0.020000");
  CHECK(log_field(line, "connect_seconds") == "0.000000");
  CHECK(log_field(line, "total_seconds") == "2.120000");
}

TEST_CASE("a target that answers before it has the whole request has taken no time") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kShortPost);
  auto target = proxy.accept();
  target->read_to("\r\n\r\n");
  proxy.advance(milliseconds(50));
  target->send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  CHECK(client->read().status() == 413);
  CHECK(proxy.totals().targets[0].response.sum == 0);
  CHECK(log_field(proxy.stop().at(0), "first_byte_seconds") == "0.000000");
}

TEST_CASE("an exchange takes its time from the first byte of its head, and not from the last request") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  for (int i = 0; i < 2; ++i) {
    client->send(kGet.substr(0, 10));
    proxy.settle();
    proxy.advance(milliseconds(300));
    client->send(kGet.substr(10));
    proxy.await_request(target);
    target->read();
    proxy.advance(milliseconds(40));
    target->send(kEmpty);
    client->read();
    proxy.settle();
    proxy.advance(seconds(1));
  }
  std::uint64_t sum = 0;
  for (const observe::RouteTotal& route : proxy.totals().routes) sum += route.duration.sum;
  CHECK(sum == 2 * 340'000'000);
  for (const std::string& line : proxy.stop()) {
    CHECK(log_field(line, "total_seconds") == "0.340000");
    CHECK(log_field(line, "queue_seconds") == "0.000000");
    CHECK(log_field(line, "first_byte_seconds") == "0.040000");
  }
}

TEST_CASE("the queue is where a request waits for a target, and not where another target failed it") {
  Proxy proxy({.targets = 2, .log = true});
  proxy.group_settings().retry.when.reset = true;
  auto client = proxy.connect();
  client->send(kGet);
  auto first = proxy.accept();
  first->read();
  proxy.advance(milliseconds(30));
  first->reset();
  auto second = proxy.accept();
  second->read();
  second->send(kEmpty);
  CHECK(client->read().status() == 200);
  const std::string line = proxy.stop().at(0);
  CHECK(log_field(line, "attempts") == "2");
  CHECK(log_field(line, "queue_seconds") == "0.000000");
  CHECK(log_field(line, "total_seconds") == "0.030000");
}

TEST_CASE("a request that waited for a target says how long") {
  Proxy proxy({.log = true});
  proxy.group_settings().targets[0].max_requests = 1;
  auto busy = proxy.connect();
  busy->send(kGet);
  auto target = proxy.accept();
  target->read();
  auto waits = proxy.connect();
  waits->send(kGet);
  proxy.settle();
  proxy.advance(milliseconds(60));
  target->send(kEmpty);
  busy->read();
  proxy.await_request(target);
  target->read();
  proxy.advance(milliseconds(5));
  target->send(kEmpty);
  CHECK(waits->read().status() == 200);
  CHECK(proxy.totals().groups[0].queue_wait.sum == 60'000'000);
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 2);
  CHECK(log_field(lines[1], "queue_seconds") == "0.060000");
  CHECK(log_field(lines[1], "first_byte_seconds") == "0.005000");
}

TEST_CASE("the port of a proxy is not that of the client it speaks for") {
  Proxy proxy({.log = true});
  proxy.listener_settings().forwarded.trust = {base::Cidr::parse("127.0.0.0/8").value()};
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n");
  auto target = proxy.accept();
  target->read();
  target->send(kEmpty);
  client->read();
  const std::string line = proxy.stop().at(0);
  CHECK(log_field(line, "client") == "192.0.2.7");
  CHECK(log_field(line, "client_port") == "0");
}

}  // namespace weir::test
