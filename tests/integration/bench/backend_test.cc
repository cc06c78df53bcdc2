#include "bench/backend/backend.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "bench/backend/body_sender.h"
#include "tests/support/connection.h"
#include "tests/support/temporary_directory.h"

namespace weir::bench {
namespace {

using std::chrono::milliseconds;
using test::Answer;
using test::Connection;

const base::SystemClock kClock;

// A backend on a port of its own.
class Running {
 public:
  explicit Running(AnswerOptions answers, unsigned threads = 1)
      : Running(BackendOptions{.listen = {*base::SocketAddress::parse("127.0.0.1:0")},
                               .threads = threads,
                               .answers = std::move(answers)}) {}
  explicit Running(BackendOptions options) {
    auto started = Backend::start(kClock, std::move(options), [](std::string_view) {});
    REQUIRE_MESSAGE(started, started.error());
    backend_ = *std::move(started);
  }
  std::string address(std::size_t index = 0) const { return backend_->addresses()[index].to_string(); }

 private:
  std::unique_ptr<Backend> backend_;
};

std::string get(std::string_view target, std::string_view fields = {}) {
  return std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: a\r\n").append(fields).append("\r\n");
}

// The body of so many bytes that every answer is made of.
std::string body(std::size_t bytes) {
  std::string result;
  while (result.size() < bytes) result += body_from(result.size()).substr(0, bytes - result.size());
  return result;
}

}  // namespace

TEST_CASE("requests on one connection get the configured answer, a path's own, and pipelined ones in order") {
  AnswerOptions options;
  options.body = 10;
  REQUIRE(add_field("X-Test: yes", options.fields));
  const Running backend(options);
  Connection client(backend.address());
  client.send(get("/") + get("/bytes/3") + get("/bytes/0") + get("/status/404") + get("/status/204") +
              get("/bytes/x") + get("/"));
  const Answer first = client.answer();
  CHECK(first.status == 200);
  CHECK(first.body == body(10));
  CHECK(first.field("X-Test") == "yes");
  CHECK(first.field("Date").size() == 29);
  CHECK(first.field("Content-Type") == "text/plain");
  CHECK(client.answer().body == body(3));
  const Answer empty = client.answer();
  CHECK(empty.field("Content-Length") == "0");
  CHECK(client.answer().status == 404);
  const Answer bodiless = client.answer();
  CHECK(bodiless.status == 204);
  CHECK(bodiless.field("Content-Length").empty());
  CHECK(client.answer().status == 400);
  CHECK(client.answer().body == body(10));
}

TEST_CASE("an answer to HEAD says the length and has no body") {
  const Running backend(AnswerOptions{});
  Connection client(backend.address());
  client.send("HEAD /bytes/1MiB HTTP/1.1\r\nHost: a\r\n\r\n" + get("/bytes/1"));
  const Answer head = client.answer("HEAD");
  CHECK(head.field("Content-Length") == "1048576");
  CHECK(client.answer().body == body(1));
}

TEST_CASE("large bodies come whole, with whatever framing, and the connection lives on") {
  for (const bool chunked : {false, true}) {
    CAPTURE(chunked);
    AnswerOptions options;
    options.chunked = chunked;
    const Running backend(options);
    Connection client(backend.address(), {.receive_buffer = 8192});
    for (const std::size_t size : {65'535UL, 65'536UL, 131'073UL, 5'000'000UL}) {
      CAPTURE(size);
      client.send(get("/bytes/" + std::to_string(size)));
      const Answer answer = client.answer();
      CHECK(answer.whole);
      CHECK(answer.field("Transfer-Encoding") == (chunked ? "chunked" : ""));
      CHECK((answer.body == body(size)));
    }
    Connection old(backend.address());
    old.send("GET /bytes/300000 HTTP/1.0\r\n\r\n");
    CHECK((old.answer().body == body(300'000)));
  }
}

TEST_CASE("clients that go away in the middle of a large body, or while an answer is due, are no trouble") {
  const Running backend(AnswerOptions{});
  for (const std::string_view target : {"/bytes/100MiB", "/delay/1h"}) {
    Connection client(backend.address());
    client.send(get(target));
    if (target.starts_with("/bytes")) CHECK(client.receive(1) == "H");
    client.reset();
    Connection other(backend.address());
    other.send(get("/"));
    CHECK(other.answer().whole);
  }
}

TEST_CASE("no answer comes before its delay, and others do not wait for it") {
  AnswerOptions options;
  options.delay = *DelayModel::parse("10ms");
  const Running backend(options);
  Connection slow(backend.address());
  Connection fast(backend.address());
  for (int i = 0; i < 3; ++i) {
    const base::Instant began = kClock.now();
    slow.send(get("/delay/30ms") + get("/"));
    fast.send(get("/delay/0"));
    CHECK(fast.answer().whole);
    CHECK(slow.answer().whole);
    CHECK(kClock.now() - began >= milliseconds(30));
    CHECK(slow.answer().whole);
    CHECK(kClock.now() - began >= milliseconds(40));
  }
}

TEST_CASE("a body that has a rate is no faster, chunked or not") {
  for (const bool chunked : {false, true}) {
    AnswerOptions options;
    options.body_rate = 1'000'000;
    options.chunked = chunked;
    const Running backend(options);
    Connection client(backend.address());
    const base::Instant began = kClock.now();
    client.send(get("/bytes/100000") + get("/bytes/0"));
    CHECK((client.answer().body == body(100'000)));
    CHECK(kClock.now() - began >= milliseconds(89));  // the first 10 ms' worth comes at once
    CHECK(client.answer().body.empty());
  }
}

TEST_CASE("request bodies are read and thrown away") {
  AnswerOptions options;
  options.body = 5;
  const Running backend(options);
  Connection client(backend.address());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  client.send(std::string(3'000'000, 'x'));
  CHECK(client.answer("POST").body == body(5));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
              get("/"));
  CHECK(client.answer("POST").body == body(5));
  CHECK(client.answer().body == body(5));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.answer("POST").status == 100);
  client.send("abc");
  CHECK(client.answer("POST").status == 200);
}

TEST_CASE("what is no request is refused, and the connection closes") {
  const Running backend(AnswerOptions{});
  Connection client(backend.address());
  client.send("nonsense\r\n\r\n");
  CHECK(client.answer().status == 400);
  CHECK(client.closes());
}

TEST_CASE("errors come as they were asked for") {
  AnswerOptions options;
  options.error_rate = 1;
  {
    const Running backend(options);
    const Answer answer = test::fetch(backend.address(), "/");
    CHECK(answer.status == 503);
    CHECK(answer.whole);
  }
  for (const ErrorKind kind : {ErrorKind::close, ErrorKind::reset}) {
    options.error_kind = kind;
    const Running backend(options);
    Connection client(backend.address());
    client.send(get("/"));
    REQUIRE(client.readable(test::kPatience));
    char byte = 0;
    const ssize_t got = ::recv(client.fd(), &byte, 1, 0);
    CHECK(got <= 0);
    CHECK((got < 0 && errno == ECONNRESET) == (kind == ErrorKind::reset));
  }
}

TEST_CASE("several addresses and threads serve, unix sockets too") {
  const test::TemporaryDirectory directory;
  const std::string path = "unix:" + directory.path("backend.sock");
  const Running backend(BackendOptions{
      .listen = {*base::SocketAddress::parse("127.0.0.1:0"), *base::SocketAddress::parse(path)},
      .threads = 3});
  CHECK(backend.address(1) == path);
  for (const std::size_t index : {0UL, 1UL}) {
    for (int i = 0; i < 10; ++i) CHECK(test::fetch(backend.address(index), "/").body == body(128));
  }
}

TEST_CASE("an address that is taken is said so") {
  const Running first(AnswerOptions{});
  const auto second = Backend::start(kClock, {.listen = {*base::SocketAddress::parse(first.address())}},
                                     [](std::string_view) {});
  REQUIRE(!second);
  CHECK(second.error() ==
        "cannot listen on " + first.address() + ": the address is in use by another process");
}

TEST_CASE("a backend that is destroyed cuts what is under way") {
  Connection idle = [] {
    const Running backend(AnswerOptions{});
    Connection client(backend.address());
    Connection waiting(backend.address());
    waiting.send(get("/delay/1h"));
    client.send(get("/bytes/1"));
    CHECK(client.answer().whole);
    return client;
  }();
  CHECK(idle.closes());
}

}  // namespace weir::bench
