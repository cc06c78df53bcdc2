// Upgrades while everybody works: nobody notices.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "tests/e2e/upgrade.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// What the clients of a test found wrong, and how much they did.
struct Findings {
  void problem(const std::string& text) {
    const std::lock_guard lock(mutex);
    if (problems.size() < 20) problems.push_back(text);
  }
  std::atomic<int> answered{0};
  std::mutex mutex;
  std::vector<std::string> problems;
};

std::string cookies_of(const Answer& answer) {
  std::string cookies;
  for (const std::string& line : lines_of(answer.head + "\n")) {
    if (!line.starts_with("Set-Cookie: ") && !line.starts_with("set-cookie: ")) continue;
    const std::size_t begin = line.find(' ') + 1;
    cookies += (cookies.empty() ? "" : "; ") + line.substr(begin, line.find(';') - begin);
  }
  return cookies;
}

// Requests on connections that are used `each` times, of a user who stays at his target if he is sticky.
void send_requests(const std::string& address, int each, bool sticky, Findings& found,
                   const std::stop_token& stop) {
  std::string cookies, target;
  while (!stop.stop_requested()) {
    try {
      Connection connection(address);
      for (int i = 0; i < each && !stop.stop_requested(); ++i) {
        connection.send(fmt::format("GET /name HTTP/1.1\r\nHost: a\r\n{}{}\r\n",
                                    cookies.empty() ? "" : "Cookie: " + cookies + "\r\n",
                                    i + 1 == each ? "Connection: close\r\n" : ""));
        const Answer answer = connection.answer();
        ++found.answered;
        if (answer.status != 200 || !answer.whole) found.problem("answered: " + answer.head);
        if (sticky && cookies.empty()) {
          cookies = cookies_of(answer);
          target = answer.body;
        }
        if (sticky && answer.body != target) found.problem("moved from " + target + " to " + answer.body);
        if (answer.field("Connection") == "close") break;
      }
    } catch (const std::exception& error) {
      found.problem(error.what());
    }
  }
}

// Every counter of weir's, looked at all the time.
void scrape(const std::string& address, Findings& found, const std::stop_token& stop) {
  std::map<std::string, double> last;
  while (!stop.stop_requested()) {
    std::string text;
    try {
      text = fetch(address, "/metrics").body;
    } catch (const std::exception&) {
      continue;  // asked in the moment that another process took over
    }
    for (const std::string& line : lines_of(text)) {
      if (!line.starts_with("weir_")) continue;
      const std::string name = line.substr(0, line.rfind(' '));
      const std::string family = name.substr(0, name.find('{'));
      if (!family.ends_with("_total") && !family.ends_with("_bucket") && !family.ends_with("_count"))
        continue;
      const double value = std::stod(line.substr(line.rfind(' ')));
      if (value < last[name]) found.problem(fmt::format("{}: {} after {}", name, value, last[name]));
      last[name] = value;
    }
    std::this_thread::sleep_for(Milliseconds(20));
  }
}

class WebSocket {
 public:
  explicit WebSocket(const std::string& address) : connection_(address) {
    connection_.send(
        "GET / HTTP/1.1\r\nHost: ws\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    REQUIRE(connection_.answer().status == 101);
  }
  // A message there and back.
  bool works() {
    connection_.send(std::string("\x81\x82\0\0\0\0hi", 8));
    return connection_.receive() == "\x81\x02hi";
  }
  void close() {
    connection_.send(std::string("\x88\x80\0\0\0\0", 6));
    CHECK(connection_.closes());
  }

 private:
  Connection connection_;
};

void upgrade_under_load(int times) {
  Backend backends[] = {Backend("one"), Backend("two"), Backend("three")};
  Process server({.arguments = {kPython, "-u", source("tests/e2e/websocket_peer.py"), "serve"}});
  REQUIRE(eventually([&] { return !lines_of(server.out()).empty(); }));
  Upgrades upgrades(fmt::format(
      "process: {{ workers: 2, upgrade_grace: 5m }}\n"
      "log: {{ access: {{ output: off }} }}\n"
      "listeners:\n"
      "  web:\n"
      "    bind: 127.0.0.1:0\n"
      "    rules: [{{ name: ws, match: {{ host: [ws] }}, forward: ws }}]\n"
      "    forward: app\n"
      "target_groups:\n"
      "  ws: {{ targets: [\"{}\"] }}\n"
      "  app:\n"
      "    stickiness: {{}}\n"
      "    health_check: {{ path: /name, interval: 1s }}\n"
      "    targets: [\"{}\", \"{}\", \"{}\"]\n",
      lines_of(server.out())[0], backends[0].address(), backends[1].address(), backends[2].address()));
  Daemon& weir = upgrades.weir();
  REQUIRE(eventually([&] { return fetch(weir.admin_address(), "/readyz").status == 200; }));
  const std::size_t events = upgrades.events("health").size();

  // Much more than buffers hold, so that it goes on until the end, but in steps that let the backend go on,
  // too.
  constexpr std::size_t kBytes = 60'000'000;
  constexpr std::size_t kStep = 2'000'000;
  Connection download(weir.address(), {.receive_buffer = 64 << 10});
  download.send(fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: a\r\n\r\n", kBytes));
  download.head_lines();
  std::vector<WebSocket> sockets;
  Findings found;
  {
    std::vector<std::jthread> clients;
    for (const auto& [each, sticky] :
         {std::pair(1'000'000, false), std::pair(1'000'000, true), std::pair(1, false), std::pair(3, true)}) {
      clients.emplace_back([&, each, sticky](const std::stop_token& stop) {
        send_requests(weir.address(), each, sticky, found, stop);
      });
    }
    clients.emplace_back([&](const std::stop_token& stop) { scrape(weir.admin_address(), found, stop); });
    for (int i = 0; i < times; ++i) {
      if (i < 4) sockets.emplace_back(weir.address());
      for (WebSocket& socket : sockets) CHECK(socket.works());
      const int before = found.answered;
      CHECK(eventually([&] { return found.answered > before + 20; }));
      upgrades.upgrade();
      download.body(kStep, [](std::string_view) {});
    }
    for (WebSocket& socket : sockets) CHECK(socket.works());
  }
  for (const std::string& problem : found.problems) FAIL_CHECK(problem);
  MESSAGE(found.answered.load() << " requests in " << times << " upgrades");
  CHECK(upgrades.events("health").size() <= events);
  const std::size_t rest = kBytes - static_cast<std::size_t>(times) * kStep;
  std::size_t left = 0;
  download.body(rest, [&](std::string_view bytes) { left += bytes.size(); });
  CHECK(left == rest);
  for (WebSocket& socket : sockets) socket.close();
}

}  // namespace

TEST_CASE("upgrades under load: no request fails, tunnels and downloads live on, no user moves") {
  upgrade_under_load(3);
}

TEST_CASE("twenty upgrades under load" * doctest::test_suite("soak")) { upgrade_under_load(20); }
