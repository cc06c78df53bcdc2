// What the access log and the counters say of an exchange is true.

#include <doctest/doctest.h>

#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
TEST_CASE("a line never has the ids of another exchange") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  client->send(kGet);
  proxy.await_request(target);
  const Message first = target->read();
  target->send(kEmpty);
  client->read();

  model::Listener quiet = proxy.listener_settings();
  quiet.name = "quiet";
  quiet.request_id = quiet.traceparent = quiet.amazon_trace_id = false;
  auto second = proxy.make_listener(quiet);
  auto pipe = std::make_shared<MemoryPipe>();
  second->adopt(std::make_unique<MemoryStream>(proxy.loop(), pipe), proxy.target().address());
  MemoryPeer peer([&] { proxy.turn(); }, pipe);
  for (const std::string own : {"", "X-Request-Id: mine\r\nX-Amzn-Trace-Id: Root=1-a-b\r\n"}) {
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n" + own + "\r\n");
    proxy.await_request(target);
    target->read();
    target->send(kEmpty);
    peer.read();
  }
  proxy.settle();
  second.reset();
  proxy.settle();
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 3);
  CHECK(log_field(lines[0], "request_id") == first.field("x-request-id"));
  CHECK(log_field(lines[0], "trace_id") == first.field("x-amzn-trace-id"));
  CHECK(log_field(lines[1], "request_id") == "");
  CHECK(log_field(lines[1], "trace_id") == "");
  CHECK(log_field(lines[2], "request_id") == "mine");
  CHECK(log_field(lines[2], "trace_id") == "Root=1-a-b");
}

TEST_CASE("the trace id of a line is what the target got") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\nX-Amzn-Trace-Id: Root=1-a-b\r\n\r\n");
  auto target = proxy.accept();
  const std::string sent = target->read().field("x-amzn-trace-id");
  CHECK(sent.ends_with(";Root=1-a-b"));
  target->send(kEmpty);
  client->read();
  CHECK(log_field(proxy.stop().at(0), "trace_id") == sent);
}

TEST_CASE("without Amazon's id the trace id of a line is that of W3C") {
  Proxy proxy({.log = true});
  proxy.listener_settings().amazon_trace_id = false;
  proxy.target().refuse();
  auto client = proxy.connect();
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  client->send("GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-" + trace + "-00f067aa0ba902b7-01\r\n\r\n");
  client->read();
  client->send(kGet);
  client->read();
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 2);
  CHECK(log_field(lines[0], "trace_id") == trace);
  CHECK(log_field(lines[1], "trace_id") == log_field(lines[1], "request_id"));
}

TEST_CASE("each pipelined request has its own bytes") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  const std::string posted = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  client->send(std::string(kGet) + posted + std::string(kGet));
  std::unique_ptr<Peer> target;
  for (int i = 0; i < 3; ++i) {
    proxy.await_request(target);
    target->read();
    target->send(kEmpty);
    client->read();
  }
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 3);
  CHECK(log_field(lines[0], "received_bytes") == std::to_string(kGet.size()));
  CHECK(log_field(lines[1], "received_bytes") == std::to_string(posted.size()));
  CHECK(log_field(lines[2], "received_bytes") == std::to_string(kGet.size()));
}

TEST_CASE("what was sent of an answer that is cut is counted") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nbad\r\n");
  const std::string got = client->read_to_end();
  CHECK(got.find("hello") != std::string::npos);
  CHECK(log_field(proxy.stop().at(0), "sent_bytes") == std::to_string(got.size()));
}

TEST_CASE("a refused request is logged with its first line and the time that it took") {
  Proxy proxy({.log = true});
  auto slow = proxy.connect();
  slow->send("PUT /slow?a=b HTTP/1.1\r\nHost: a\r\n");
  proxy.settle();
  proxy.advance(seconds(11));
  CHECK(slow->read().status() == 408);
  auto bad = proxy.connect();
  bad->send("GET /bad HTTP/1.1\r\nHost: a\r\nX y: z\r\n\r\n");
  CHECK(bad->read().status() == 400);
  auto garbage = proxy.connect();
  garbage->send("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(garbage->read().status() == 400);
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 3);
  CHECK(log_field(lines[0], "method") == "PUT");
  CHECK(log_field(lines[0], "url").ends_with("/slow?a=b"));
  CHECK(log_field(lines[0], "total_seconds").starts_with("11"));
  CHECK(log_field(lines[1], "method") == "GET");
  CHECK(log_field(lines[1], "url").ends_with("/bad"));
  CHECK(log_field(lines[2], "method") == "");
}

TEST_CASE("a framing error inside a body is classified like one in a head") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n");
  CHECK(client->read().status() == 400);
  CHECK(proxy.totals().listeners[0].desync.size() == 1);
  CHECK(log_field(proxy.stop().at(0), "classification") == "severe");
}

TEST_CASE("a status that HTTP does not know is forwarded and counted") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 999 Request denied\r\nContent-Length: 0\r\n\r\n");
  CHECK(client->read().status() == 999);
  proxy.settle();
  CHECK(proxy.requests(999) == 1);
  CHECK(proxy.totals().targets[0].requests[4] == 1);
}

TEST_CASE("a request that reaches no target is logged with its own trace id") {
  Proxy proxy({.target_wire = Wire::memory, .log = true});
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  client->send("GET / HTTP/1.1\r\nHost: a\r\nX-Amzn-Trace-Id: Root=1-a-b\r\n\r\n");
  proxy.await_request(target);
  target->read();
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  client->read();
  proxy.target().refuse();
  client->send("GET / HTTP/1.1\r\nHost: a\r\nX-Amzn-Trace-Id: Root=1-c-d\r\n\r\n");
  CHECK(client->read().status() == 502);
  CHECK(log_field(proxy.stop().at(1), "trace_id").ends_with("Root=1-c-d"));
}

TEST_CASE("credentials in a request target are not logged") {
  Proxy proxy({.log = true});
  const std::string targets[] = {"GET http://user:secret@a/x", "GET ftp://user:secret@a/x",
                                 "CONNECT user:secret@a:443"};
  const std::string hosts[] = {"Host: a\r\n", "Host : a\r\n", "Host: user:secret@a\r\n", ""};
  std::vector<std::string> requests;
  for (const std::string& target : targets) {
    for (const std::string& host : hosts) requests.push_back(target + " HTTP/1.1\r\n" + host + "\r\n");
  }
  for (const std::string& line : requests) {
    auto client = proxy.connect();
    client->send(line);
    CHECK(client->read().status() == 400);
  }
  const auto lines = proxy.stop();
  CHECK(lines.size() == requests.size());
  for (const std::string& line : lines) CHECK(line.find("secret") == std::string::npos);
  CHECK(log_field(lines.at(0), "url").ends_with("/x"));
}

TEST_CASE("a target that closes behind an interim answer has not begun its answer") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 103 Early Hints\r\n\r\n");
  CHECK(client->read().status() == 103);
  target->close();
  CHECK(client->read().status() == 502);
  CHECK(log_field(proxy.stop().at(0), "reason") == "target_closed");
}

}  // namespace weir::test
