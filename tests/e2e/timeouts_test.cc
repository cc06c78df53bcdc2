// Each timeout once with the real clock, and that others are not hurt.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr Milliseconds kSlack{kSanitized ? 5'000 : 2'000};

std::string timeouts(std::string_view settings) { return fmt::format("    timeouts: {{ {} }}\n", settings); }

// A client that is served all the time, while another one is slow.
class Bystander {
 public:
  explicit Bystander(const std::string& address) : thread_([this, address] { run(address); }) {}
  ~Bystander() {
    stop_ = true;
    thread_.join();
    CHECK(served_ > 3);
    CHECK(slowest_ < kSlack);
    CHECK(problem_ == "");
  }

 private:
  void run(const std::string& address) {
    try {
      Connection client(address);
      while (!stop_) {
        const Stopwatch watch;
        client.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" + pattern(0, 5));
        const Answer answer = client.answer();
        if (answer.body != "5 right") problem_ = answer.head;
        slowest_ = std::max(slowest_, watch.elapsed());
        ++served_;
        std::this_thread::sleep_for(Milliseconds(10));
      }
    } catch (const std::exception& error) {
      problem_ = error.what();
    }
  }

  std::atomic<bool> stop_{false};
  int served_ = 0;
  Milliseconds slowest_{0};
  std::string problem_;
  std::thread thread_;
};

void check_between(Milliseconds took, int least) {
  CHECK(took >= Milliseconds(least));
  CHECK(took < Milliseconds(least) + kSlack);
}

// The line of an exchange that is not the bystander's.
Json logged(const Daemon& weir, std::string_view path) {
  Json found;
  eventually([&] {
    for (const Json& line : weir.access_log()) {
      if (line["url"].get<std::string>().find(path) != std::string::npos) found = line;
    }
    return !found.is_null();
  });
  REQUIRE(!found.is_null());
  return found;
}

// A listening socket whose queue is full, and from which nobody accepts: the kernel leaves further SYNs
// without an answer.
class FullHouse {
 public:
  FullHouse() {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof native;
    auto* const generic = reinterpret_cast<sockaddr*>(&native);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(socket_, generic, length) == 0);
    REQUIRE(::listen(socket_, 0) == 0);
    ::getsockname(socket_, generic, &length);
    address_ = fmt::format("127.0.0.1:{}", ntohs(native.sin_port));
    for (int& guest : guests_) {
      guest = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(guest, generic, length);
    }
  }
  ~FullHouse() {
    for (const int guest : guests_) ::close(guest);
    ::close(socket_);
  }
  const std::string& address() const { return address_; }

 private:
  int socket_ = -1;
  int guests_[8] = {};
  std::string address_;
};

}  // namespace

TEST_CASE("a client that is slow with its head is told 408 and cut") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), timeouts("header: 600ms")));
  const Bystander bystander(weir.address());
  Connection client(weir.address());
  const Stopwatch watch;
  // A byte now and then does not help: the time is that of the whole head.
  for (const char byte : std::string_view("GET /slow-head HTTP/1.1\r\nHost: a\r\nX: ")) {
    client.send(std::string(1, byte));
    if (client.readable(Milliseconds(30))) break;
  }
  const Answer answer = client.answer();
  check_between(watch.elapsed(), 590);
  CHECK(answer.status == 408);
  CHECK(answer.field("Connection") == "close");
  CHECK(client.closes());
}

TEST_CASE("a client that sends nothing at all is closed in silence") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), timeouts("idle: 400ms")));
  Connection fresh(weir.address()), kept(weir.address());
  kept.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(kept.answer().status == 200);
  const Stopwatch watch;
  std::string rest;
  CHECK(fresh.closes(kPatience, &rest));
  CHECK(kept.closes(kPatience, &rest));
  check_between(watch.elapsed(), 350);
  CHECK(rest == "");
  CHECK(weir.access_log(1).size() == 1);
}

TEST_CASE("a client that stops in the middle of its body is told 408 and cut") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), timeouts("body: 500ms")));
  const Bystander bystander(weir.address());
  Connection client(weir.address());
  client.send("POST /count?stops HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n12345");
  const Stopwatch watch;
  const Answer answer = client.answer();
  check_between(watch.elapsed(), 450);
  CHECK(answer.status == 408);
  CHECK(client.closes());
  CHECK(logged(weir, "stops")["status"] == 408);
}

TEST_CASE("a body that trickles is cut after half a minute, though it makes progress") {
  const Backend backend;
  Daemon weir(web_to(backend.address()));
  const Bystander bystander(weir.address());
  Connection client(weir.address());
  client.send("POST /count?trickle HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  const Stopwatch watch;
  while (!client.readable(Milliseconds(250)) && watch.elapsed() < Milliseconds(45'000)) client.send("x");
  check_between(watch.elapsed(), 29'500);
  CHECK(client.answer().status == 408);
}

TEST_CASE("a client that takes nothing of its response is reset") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), timeouts("write: 700ms")));
  const Bystander bystander(weir.address());
  Connection client(weir.address(), {.receive_buffer = 4096});
  client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  const Stopwatch watch;
  const Json line = logged(weir, "/bytes/100000000");
  CHECK(watch.elapsed() >= Milliseconds(690));
  CHECK(line["reason"] != "");
  std::string rest;
  CHECK(client.closes(kPatience, &rest));
  CHECK(rest.size() < 100'000'000);
}

TEST_CASE("a client that takes its response slowly but steadily gets all of it") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), timeouts("write: 700ms")));
  Connection client(weir.address(), {.receive_buffer = 65536});
  client.send("GET /bytes/6000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.head_lines().at(0) == "HTTP/1.1 200 OK");
  std::size_t received = 0;
  const Stopwatch watch;
  client.body(6'000'000, [&](std::string_view piece) {
    received += piece.size();
    if (watch.elapsed() < Milliseconds(3'000)) std::this_thread::sleep_for(Milliseconds(50));
  });
  CHECK(received == 6'000'000);
}

TEST_CASE("a target that does not answer in time is 504") {
  const Backend backend;
  Daemon weir(
      fmt::format("listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
                  "target_groups: {{ app: {{ targets: [\"{}\"], timeouts: {{ response: 400ms }} }} }}\n",
                  backend.address()));
  const Bystander bystander(weir.address());
  const Stopwatch watch;
  const Answer answer = fetch(weir.address(), "/delay/60000");
  check_between(watch.elapsed(), 390);
  CHECK(answer.status == 504);
  CHECK(answer.field("Proxy-Status").find("weir; error=") == 0);
  CHECK(logged(weir, "/delay/")["status"] == 504);
}

TEST_CASE("a target that does not accept in time is 504") {
  const FullHouse target;
  Daemon weir(fmt::format(
      "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
      "target_groups:\n"
      "  app: {{ targets: [\"{}\"], timeouts: {{ connect: 400ms }}, retry: {{ attempts: 1 }} }}\n",
      target.address()));
  const Stopwatch watch;
  CHECK(fetch(weir.address(), "/").status == 504);
  check_between(watch.elapsed(), 390);
}

TEST_CASE("a tunnel that nobody uses is closed") {
  const std::string peer = source("tests/e2e/websocket_peer.py");
  Process server({.arguments = {kPython, "-u", peer, "serve"}});
  REQUIRE(eventually([&] { return !lines_of(server.out()).empty(); }));
  Daemon weir(web_to(lines_of(server.out())[0], timeouts("tunnel: 500ms")));
  Connection client(weir.address());
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  CHECK(client.answer().status == 101);
  const Stopwatch watch;
  CHECK(client.closes());
  check_between(watch.elapsed(), 450);
}

TEST_CASE("a connection that is old says close with its next response, and nothing is cut") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), timeouts("client_lifetime: 500ms")));
  Connection client(weir.address());
  const Stopwatch watch;
  int requests = 0;
  for (;;) {
    client.send("GET /delay/100 HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer answer = client.answer();
    REQUIRE(answer.status == 200);
    ++requests;
    if (answer.field("Connection") == "close") break;
  }
  check_between(watch.elapsed(), 490);
  CHECK(requests >= 3);
  CHECK(client.closes());
}
