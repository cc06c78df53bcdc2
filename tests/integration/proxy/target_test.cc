// Targets that misbehave, connections that are kept, and other targets when one fails.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

// One exchange that goes well; `target` then stands idle.
void exchange(Proxy& proxy, Peer& client, std::unique_ptr<Peer>& target) {
  client.send(kGet);
  proxy.await_request(target);
  target->read();
  target->send(kEmpty);
  CHECK(client.read().status() == 200);
  proxy.settle();
}

// The process cannot open any descriptor more, for as long as this exists.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const net::Fd next(::dup(0));
    const rlimit none{static_cast<rlim_t>(next.get()), before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("what is no answer is 502, and the connection is not used again") {
  const char* answers[] = {
      "garbage\r\n\r\n",
      "HTTP/1.1 99 Low\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
      "\x15\x03\x01\x02\x02",
  };
  for (const char* answer : answers) {
    CAPTURE(answer);
    Proxy proxy({.log = true});
    auto client = proxy.connect();
    client->send(kGet);
    auto target = proxy.accept();
    target->read();
    target->send(answer);
    const Message received = client->read();
    CHECK(received.status() == 502);
    CHECK(received.field("proxy-status").starts_with("weir; error="));
    CHECK(target->wait_gone());
    client->send(kGet);
    CHECK(proxy.accept() != nullptr);
    const auto lines = proxy.stop();
    REQUIRE(lines.size() == 2);
    CHECK(log_field(lines[0], "status") == "502");
    CHECK(log_field(lines[0], "reason") == "response_malformed");
  }
}

TEST_CASE("a target may close or reset at every byte of its answer") {
  const std::string answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  };
  for (const bool reset : {false, true}) {
    for (const std::string& answer : answers) {
      const std::size_t head = answer.rfind("\r\n\r\n", answer.find("hello")) + 4;
      Proxy proxy;
      for (std::size_t cut = 0; cut < answer.size(); ++cut) {
        CAPTURE(answer.substr(0, cut));
        auto client = proxy.connect();
        client->send(kGet);
        auto target = proxy.accept();
        target->read();
        target->send(std::string_view(answer).substr(0, cut));
        proxy.settle();
        if (reset) {
          target->reset();
        } else {
          target->close();
        }
        Message received = client->read();
        if (received.status() == 103) received = client->read();
        if (cut < head) {
          CHECK(received.status() == 502);
          CHECK(received.whole);
          CHECK_FALSE(client->gone());
        } else {
          CHECK_FALSE(received.whole);
          CHECK(client->wait_gone());
        }
      }
    }
  }
}

TEST_CASE("more than was announced is not forwarded, and the connection is not used again") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  target->send(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  CHECK(client->read().body == "ok");
  CHECK(target->wait_gone());
  CHECK(client->waiting().empty());
  client->send(kGet);
  CHECK(proxy.accept() != nullptr);
}

TEST_CASE("a byte or the end of an idle connection takes it out of the pool") {
  for (const bool byte : {true, false}) {
    CAPTURE(byte);
    Proxy proxy;
    auto client = proxy.connect();
    std::unique_ptr<Peer> target;
    exchange(proxy, *client, target);
    CHECK(proxy.totals().targets[0].idle_connections == 1);
    if (byte) {
      target->send("H");
    } else {
      target->shutdown_write();
    }
    proxy.settle();
    CHECK(proxy.totals().targets[0].idle_connections == 0);
    CHECK(target->wait_gone());
    client->send(kGet);
    auto fresh = proxy.accept();
    REQUIRE(fresh);
    fresh->read();
    fresh->send(kEmpty);
    CHECK(client->read().status() == 200);
  }
}

TEST_CASE("a kept connection that fails before an answer is replaced once, if the request may be repeated") {
  const struct {
    const char* request;
    bool repeated;
  } rows[] = {{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
              {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", true},
              {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", false}};
  for (const auto& row : rows) {
    for (const bool reset : {true, false}) {
      CAPTURE(row.request);
      Proxy proxy({.log = true});
      auto client = proxy.connect();
      std::unique_ptr<Peer> target;
      exchange(proxy, *client, target);
      client->send(row.request);
      proxy.await_request(target);
      if (reset) {
        target->reset();
      } else {
        target->read();
        target->close();
      }
      if (row.repeated) {
        auto fresh = proxy.accept();
        REQUIRE(fresh);
        const Message again = fresh->read();
        CHECK(again.whole);
        CHECK((again.body.empty() || again.body == "hello"));
        // Once: the fresh one's failure is final.
        fresh->reset();
      }
      CHECK(client->read().status() == 502);
      CHECK(proxy.target().accept_now() == nullptr);
      const auto lines = proxy.stop();
      REQUIRE(lines.size() == 2);
      CHECK(log_field(lines[1], "status") == "502");
    }
  }
}

TEST_CASE("a kept connection that fails inside an answer is not replaced") {
  Proxy proxy;
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  exchange(proxy, *client, target);
  client->send(kGet);
  proxy.await_request(target);
  target->read();
  target->send("HTTP/1.1 200");
  proxy.settle();
  target->close();
  CHECK(client->read().status() == 502);
  CHECK(proxy.target().accept_now() == nullptr);
}

TEST_CASE("a refused connection leads to another target, with the request's body") {
  for (const bool first_refuses : {true, false}) {
    Proxy proxy({.targets = 2, .log = true});
    proxy.target(first_refuses ? 0 : 1).refuse();
    auto client = proxy.connect();
    std::unique_ptr<Peer> target;
    for (int i = 0; i < 4; ++i) {
      client->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
      proxy.await_request(target);
      CHECK(target->read().body == "hello");
      target->send(kEmpty);
      CHECK(client->read().status() == 200);
      proxy.settle();
    }
    const auto lines = proxy.stop();
    REQUIRE(lines.size() == 4);
    int retried = 0;
    for (const auto& line : lines) retried += log_field(line, "attempts") == "2";
    CHECK(retried >= 1);
  }
}

TEST_CASE("if all targets refuse, the answer is 502 and says so") {
  for (const std::size_t targets : {1u, 2u, 3u}) {
    CAPTURE(targets);
    Proxy proxy({.targets = targets, .log = true});
    for (std::size_t i = 0; i < targets; ++i) proxy.target(i).refuse();
    auto client = proxy.connect();
    client->send(kGet);
    const Message answer = client->read();
    CHECK(answer.status() == 502);
    CHECK(answer.field("proxy-status") == "weir; error=connection_refused; details=\"connect_refused\"");
    CHECK_FALSE(client->gone());
    std::uint64_t retries = 0;
    const auto totals = proxy.totals();
    for (const auto& word : totals.groups[0].retries) retries += word.count;
    CHECK(retries == (targets == 1 ? 0 : 1));
    const auto lines = proxy.stop();
    REQUIRE(lines.size() == 1);
    CHECK(log_field(lines[0], "attempts") == (targets == 1 ? "1" : "2"));
  }
}

TEST_CASE("retry.attempts 1 asks one target only") {
  Proxy proxy({.targets = 2});
  proxy.group_settings().retry.attempts = 1;
  proxy.target(0).refuse();
  proxy.target(1).refuse();
  auto client = proxy.connect();
  client->send(kGet);
  CHECK(client->read().status() == 502);
  CHECK(proxy.totals().groups[0].retries.empty());
}

TEST_CASE("who waits for a target is answered as soon as none is left to wait for") {
  Proxy proxy;
  proxy.group_settings().targets[0].max_requests = 1;
  auto busy = proxy.connect();
  busy->send(kGet);
  auto target = proxy.accept();
  target->read();
  auto waits = proxy.connect();
  waits->send(kGet);
  proxy.settle();
  CHECK(waits->waiting().empty());
  const auto view = proxy::trusting_view(proxy.group_settings(), 1);
  proxy.engine().update("app", {view.members, std::make_shared<balance::TargetSet>()});
  CHECK(waits->read().status() == 503);
  CHECK(busy->waiting().empty());
}

TEST_CASE("answers that break in the middle are a row of failures, though their heads are fine") {
  Proxy proxy;
  proxy.group_settings().outlier_detection->consecutive_failures = 3;
  for (int i = 0; i < 3; ++i) {
    CHECK(proxy.failing().empty());
    auto client = proxy.connect();
    client->send(kGet);
    auto target = proxy.accept();
    target->read();
    target->send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    target->close();
    CHECK(client->wait_gone());
  }
  REQUIRE(proxy.failing().size() == 1);
  CHECK(proxy.failing()[0].kind == health::PassiveKind::local);
  CHECK(proxy.failing()[0].last == "response_truncated");
}

TEST_CASE("a whole answer ends a row of failures, and 5xx is one of the other kind") {
  Proxy proxy;
  proxy.group_settings().outlier_detection->consecutive_failures = 2;
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  for (const char* status : {"500", "200", "500", "500"}) {
    CHECK(proxy.failing().empty());
    client->send(kGet);
    proxy.await_request(target);
    target->read();
    target->send(std::string("HTTP/1.1 ") + status + " Well\r\nContent-Length: 0\r\n\r\n");
    client->read();
    proxy.settle();
  }
  REQUIRE(proxy.failing().size() == 1);
  CHECK(proxy.failing()[0].kind == health::PassiveKind::answered);
  CHECK(proxy.failing()[0].last == "status 500");
}

TEST_CASE("keepalive.max_idle bounds what is kept when a burst is over for a while") {
  Proxy proxy;
  proxy.group_settings().keepalive.max_idle = 1;
  auto first = proxy.connect();
  auto second = proxy.connect();
  first->send(kGet);
  auto one = proxy.accept();
  one->read();
  second->send(kGet);
  auto two = proxy.accept();
  two->read();
  one->send(kEmpty);
  two->send(kEmpty);
  CHECK(first->read().status() == 200);
  CHECK(second->read().status() == 200);
  proxy.settle();
  CHECK(proxy.totals().targets[0].idle_connections == 2);
  proxy.advance(proxy::Target::kSpareTime / 2);
  exchange(proxy, *first, two);  // the one that was used last
  proxy.advance(proxy::Target::kSpareTime / 2 + milliseconds(10));
  CHECK(proxy.totals().targets[0].idle_connections == 1);
  CHECK(one->gone());
  CHECK_FALSE(two->gone());
}

TEST_CASE("keepalive.max_idle: off keeps none, and max_requests bounds what is kept") {
  Proxy none;
  none.group_settings().keepalive.max_idle = 0;
  auto only = none.connect();
  std::unique_ptr<Peer> once;
  exchange(none, *only, once);
  CHECK(once->gone());

  Proxy limited;
  limited.group_settings().keepalive.max_requests = 2;
  auto client = limited.connect();
  std::unique_ptr<Peer> target;
  exchange(limited, *client, target);
  CHECK_FALSE(target->gone());
  exchange(limited, *client, target);
  CHECK(target->gone());
}

TEST_CASE("keepalive.max_age ends an idle connection, and keeps an old one from being kept") {
  Proxy proxy;
  proxy.group_settings().keepalive.max_age = seconds(100);
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  exchange(proxy, *client, target);
  proxy.advance(seconds(50));
  CHECK_FALSE(target->gone());
  proxy.advance(seconds(51));
  CHECK(target->gone());
}

TEST_CASE("over the cap of all idle connections the one used longest ago goes") {
  Proxy proxy({.targets = 2, .idle_target_connections = 1});
  auto client = proxy.connect();
  std::unique_ptr<Peer> first;
  exchange(proxy, *client, first);
  std::unique_ptr<Peer> second;
  exchange(proxy, *client, second);
  CHECK(first->gone());
  CHECK_FALSE(second->gone());
}

TEST_CASE("where no descriptor is free, a connection to a target takes that of an idle one") {
  Proxy proxy({.targets = 2});
  auto client = proxy.connect();
  std::unique_ptr<Peer> first;
  exchange(proxy, *client, first);
  {
    const NoDescriptors none;
    client->send(kGet);
    proxy.settle();
  }
  std::unique_ptr<Peer> second;
  proxy.await_request(second);
  REQUIRE(second);
  second->read();
  second->send(kEmpty);
  CHECK(client->read().status() == 200);
  CHECK(first->gone());
}

TEST_CASE("where no descriptor is free and no connection idle, the answer is 503") {
  Proxy proxy({.targets = 2});
  auto client = proxy.connect();
  proxy.settle();
  {
    const NoDescriptors none;
    client->send(kGet);
    proxy.settle();
  }
  CHECK(client->read().status() == 503);
}

TEST_CASE("an answer that says close is the connection's last") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  const Message answer = client->read();
  CHECK(answer.body == "ok");
  CHECK_FALSE(answer.has("connection"));
  CHECK(target->wait_gone());
  proxy.settle();
  CHECK_FALSE(client->gone());
}

TEST_CASE("an HTTP/1.0 target is kept only if it says so") {
  for (const bool keeps : {true, false}) {
    Proxy proxy;
    auto client = proxy.connect();
    client->send(kGet);
    auto target = proxy.accept();
    target->read();
    target->send(std::string("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n") +
                 (keeps ? "Connection: keep-alive\r\n" : "") + "\r\nok");
    const Message answer = client->read();
    CHECK(answer.start_line == "HTTP/1.1 200 OK");
    CHECK(answer.body == "ok");
    proxy.settle();
    CHECK(target->gone() != keeps);
  }
}

}  // namespace weir::test
