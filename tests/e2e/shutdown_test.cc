// SIGTERM: what was asked is answered.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>

#include <map>
#include <set>
#include <thread>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// A client that sends requests on one connection after the other until weir refuses it. Each request has a
// number of its own, so that it can be found in the access log.
class Sender {
 public:
  // `each`: how many requests a connection gets before a new one takes its place.
  Sender(std::string address, int first, int each)
      : address_(std::move(address)), number_(first), each_(each) {}

  void run(const std::stop_token& stop) {
    try {
      while (!stop.stop_requested() && one_connection(stop)) {
      }
    } catch (const std::exception& error) {
      problems.push_back(error.what());
    }
  }

  std::set<int> answered;
  std::set<int> unanswered;  // sent on a connection that weir may never have accepted
  std::vector<std::string> problems;
  int closed_politely = 0;

 private:
  // False when nobody listens any more.
  bool one_connection(const std::stop_token& stop) {
    std::optional<Connection> connection;
    try {
      connection.emplace(address_);
    } catch (const std::exception&) {
      return false;
    }
    bool accepted = false;
    for (int i = 0; i < each_ && !stop.stop_requested(); ++i) {
      if (connection->at_end()) return true;  // the FIN came before the request
      const int number = number_++;
      const auto sent = connection->send_some(
          fmt::format("GET /delay/{}?n={} HTTP/1.1\r\nHost: a\r\n\r\n", number % 4 * 3, number), kPatience);
      const Answer answer = sent ? connection->answer() : Answer{};
      if (!answer.whole) {
        unanswered.insert(number);
        if (accepted) problems.push_back(fmt::format("request {} was not answered", number));
        return true;
      }
      accepted = true;
      answered.insert(number);
      if (answer.status != 200) problems.push_back(fmt::format("request {}: {}", number, answer.head));
      if (answer.field("Connection") == "close") {
        ++closed_politely;
        if (!connection->closes()) problems.push_back("not closed");
        return true;
      }
    }
    return true;
  }

  const std::string address_;
  int number_;
  const int each_;
};

std::string settings(int workers, std::string_view grace) {
  return fmt::format("process: {{ workers: {}, shutdown_grace: {} }}\n", workers, grace);
}

bool accepts(const std::string& address) {
  try {
    const Connection connection(address);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

int number_of(const Json& line) {
  const std::string url = line["url"];
  return std::stoi(url.substr(url.find("n=") + 2));
}

}  // namespace

TEST_CASE("SIGTERM under load: every request on an accepted connection gets its whole answer") {
  int workers = 0;
  SUBCASE("one worker") { workers = 1; }
  SUBCASE("four workers") { workers = 4; }
  Backend backend;
  Daemon weir(settings(workers, "30s") + web_to(backend.address()));

  constexpr int kSenders = 32;
  std::vector<std::unique_ptr<Sender>> senders;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kSenders; ++i) {
    senders.push_back(
        std::make_unique<Sender>(weir.address(), (i + 1) * 1'000'000, i % 4 == 0 ? 2 : 1'000'000));
    threads.emplace_back([&sender = *senders.back()](const std::stop_token& stop) { sender.run(stop); });
  }
  // In flight all through: slow answers, and a download that its client takes slowly.
  std::vector<Connection> slow;
  for (int i = 0; i < 8; ++i) {
    slow.emplace_back(weir.address());
    slow.back().send(fmt::format("GET /held?n={} HTTP/1.1\r\nHost: a\r\n\r\n", i));
  }
  Connection download(weir.address(), {.receive_buffer = 65536});
  download.send("GET /bytes/67108864?n=9 HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() > 2000; }));

  const Stopwatch watch;
  weir.process().signal(SIGTERM);
  REQUIRE(eventually([&] { return !accepts(weir.address()); }));  // all workers know
  backend.release();
  for (Connection& connection : slow) {
    const Answer answer = connection.answer();
    CHECK(answer.status == 200);
    CHECK(answer.whole);
    CHECK(answer.field("Connection") == "close");
    CHECK(connection.closes());
    connection = Connection(-1);
  }
  const Answer downloaded = download.answer();
  CHECK(downloaded.whole);
  CHECK(downloaded.body == pattern(0, 67108864));
  download = Connection(-1);

  CHECK(weir.process().wait() == 0);
  CHECK(watch.elapsed() < Milliseconds(kSanitized ? 30'000 : 8'000));
  threads.clear();

  std::set<int> answered, unanswered;
  int closed_politely = 0;
  for (const auto& sender : senders) {
    for (const std::string& problem : sender->problems) FAIL_CHECK(problem);
    answered.insert(sender->answered.begin(), sender->answered.end());
    unanswered.insert(sender->unanswered.begin(), sender->unanswered.end());
    closed_politely += sender->closed_politely;
  }
  CHECK(closed_politely >= kSenders / 2);
  MESSAGE(answered.size() << " answered; " << unanswered.size()
                          << " on connections that weir never accepted");

  // The log knows what weir accepted: each request once, and none without its answer.
  std::set<int> logged;
  for (const Json& line : weir.access_log()) {
    CHECK(line["status"] == 200);
    const int number = number_of(line);
    CHECK_MESSAGE(logged.insert(number).second, "logged twice: ", number);
    CHECK_MESSAGE(!unanswered.contains(number), "accepted and not answered: ", number);
  }
  CHECK(logged.size() == answered.size() + slow.size() + 1);
}

TEST_CASE("while weir stops, idle connections close after their time and the next request is the last") {
  const Backend backend;
  Daemon weir(settings(2, "8s") + web_to(backend.address()));
  Connection idle(weir.address()), fresh(weir.address()), busy(weir.address());
  idle.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(idle.answer().status == 200);
  busy.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(busy.answer().field("Connection").empty());

  const Stopwatch watch;
  weir.process().signal(SIGTERM);
  REQUIRE(eventually([&] { return weir.log().find("stopping") != std::string::npos; }));
  REQUIRE(eventually([&] { return !accepts(weir.address()); }));
  busy.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
  const Answer last = busy.answer();
  CHECK(last.status == 200);
  CHECK(last.field("Connection") == "close");
  CHECK(busy.closes(Milliseconds(500)));
  CHECK(watch.elapsed() < Milliseconds(1'900));

  CHECK(idle.closes());
  CHECK(watch.elapsed() >= Milliseconds(1'900));  // a quarter of the grace
  CHECK(fresh.closes());
  CHECK(watch.elapsed() < Milliseconds(kSanitized ? 8'000 : 4'000));
  CHECK(weir.process().wait() == 0);
}

TEST_CASE("what is in flight when the grace is over is cut, and the exit is still in good order") {
  const Backend backend;
  Daemon weir(settings(2, "500ms") + web_to(backend.address()));
  Connection client(weir.address());
  client.send("GET /delay/60000 HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  const Stopwatch watch;
  CHECK(weir.stop() == 0);
  CHECK(watch.elapsed() >= Milliseconds(490));
  CHECK(watch.elapsed() < Milliseconds(5'000));
  CHECK(client.closes());
  const std::vector<Json> lines = weir.access_log();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["reason"] != "");
}

TEST_CASE("a second signal stops at once") {
  int first = SIGTERM, second = SIGTERM;
  SUBCASE("TERM, TERM") {}
  SUBCASE("INT, INT") { first = second = SIGINT; }
  SUBCASE("TERM, INT") { second = SIGINT; }
  const Backend backend;
  Daemon weir(settings(2, "60s") + web_to(backend.address()));
  Connection client(weir.address());
  client.send("GET /delay/60000 HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  weir.process().signal(first);
  REQUIRE(eventually([&] { return weir.log().find("stopping") != std::string::npos; }));
  CHECK(weir.process().running());
  const Stopwatch watch;
  weir.process().signal(second);
  CHECK(weir.process().wait() == 0);
  CHECK(watch.elapsed() < Milliseconds(3'000));
  CHECK(client.closes());
}

TEST_CASE("signals that come while weir is on its way out change nothing") {
  const Backend backend;
  for (int round = 0; round < 20; ++round) {
    Daemon weir(settings(2, "30s") + web_to(backend.address()));
    CHECK(fetch(weir.address(), "/name").status == 200);
    const Stopwatch watch;
    while (weir.process().running() && watch.elapsed() < kPatience) {
      for (int i = 0; i < 4; ++i) weir.process().signal(i % 2 == 0 ? SIGTERM : SIGINT);
      std::this_thread::sleep_for(
          std::chrono::microseconds(300));  // a flood would take the processor from weir
    }
    CHECK(weir.process().wait() == 0);
    CHECK(weir.access_log().size() == 1);
  }
}

TEST_CASE("the socket file of the weir that comes next outlives one that still stops") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string path = directory.path("web.sock");
  const std::string yaml = settings(2, "30s") + "listeners: { web: { bind: \"unix:" + path +
                           "\", forward: app } }\n"
                           "target_groups: { app: { targets: [\"" +
                           backend.address() + "\"] } }\n";
  Daemon first(yaml);
  Connection client(first.address());
  client.send("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n" + pattern(0, 1));
  REQUIRE(eventually([&] { return backend.requests() == 1; }));
  first.process().signal(SIGTERM);
  REQUIRE(eventually([&] { return !std::filesystem::exists(path); }));
  const Daemon second(yaml);
  CHECK(first.process().running());
  client.send(pattern(1, 1));
  CHECK(client.answer().status == 200);
  client = Connection(-1);
  CHECK(first.process().wait() == 0);
  CHECK(fetch(second.address(), "/name").status == 200);
}

TEST_CASE("without connections SIGTERM ends weir at once") {
  Daemon weir(settings(4, "60s") + web_to("127.0.0.1:9"));
  const Stopwatch watch;
  CHECK(weir.stop() == 0);
  CHECK(watch.elapsed() < Milliseconds(3'000));
}

TEST_CASE("a WebSocket that ends in its own time is let end while weir stops") {
  const std::string peer = source("tests/e2e/websocket_peer.py");
  Process server({.arguments = {kPython, "-u", peer, "serve"}});
  REQUIRE(eventually([&] { return !lines_of(server.out()).empty(); }));
  Daemon weir(settings(1, "20s") + web_to(lines_of(server.out())[0]));
  Connection client(weir.address());
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  CHECK(client.answer().status == 101);
  weir.process().signal(SIGTERM);
  REQUIRE(eventually([&] { return weir.log().find("stopping") != std::string::npos; }));
  client.send(std::string("\x81\x82\0\0\0\0hi", 8));  // a masked text frame
  CHECK(client.receive() == "\x81\x02hi");
  client.send(std::string("\x88\x80\0\0\0\0", 6));  // a close frame
  CHECK(client.closes());
  client = Connection(-1);  // a tunnel ends when both sides have closed
  CHECK(weir.process().wait() == 0);
}
