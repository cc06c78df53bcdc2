// weir as a service of systemd, which the test plays: what it is told, and the sockets that it hands over.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

// The service manager's end of $NOTIFY_SOCKET.
class Manager {
 public:
  Manager() : path_(directory_.path("notify")), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Manager() { ::close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  Daemon::Options options() const { return {.environment = {{"NOTIFY_SOCKET", path_}}}; }

  // All messages so far.
  const std::vector<std::string>& said() {
    char buffer[4096];
    for (;;) {
      const ssize_t got = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) return said_;
      said_.emplace_back(buffer, static_cast<std::size_t>(got));
    }
  }
  std::size_t count(std::string_view part) {
    return static_cast<std::size_t>(
        std::ranges::count_if(said(), [&](const std::string& message) { return contains(message, part); }));
  }
  bool hears(std::string_view part, std::size_t times = 1) {
    return eventually([&] { return count(part) >= times; });
  }
  // The numbers behind NAME=, in order.
  std::vector<std::uint64_t> numbers(const std::string& name) {
    std::vector<std::uint64_t> result;
    for (const std::string& message : said()) {
      const std::size_t at = message.find(name + "=");
      if (at != std::string::npos) result.push_back(std::stoull(message.substr(at + name.size() + 1)));
    }
    return result;
  }

 private:
  TemporaryDirectory directory_;
  std::string path_;
  int socket_;
  std::vector<std::string> said_;
};

// A listening socket of systemd: blocking, without SO_REUSEPORT unless there are to be several.
class Socket {
 public:
  explicit Socket(int family = AF_INET, std::uint16_t port = 0, bool several = false)
      : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    if (several) ::setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen(reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    address_ = fmt::format("127.0.0.1:{}", port_);
  }
  explicit Socket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    listen(reinterpret_cast<sockaddr*>(&address), sizeof address);
    address_ = "unix:" + path;
  }
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }
  std::uint16_t port() const { return port_; }
  const std::string& address() const { return address_; }

 private:
  void listen(const sockaddr* address, socklen_t length) const {
    REQUIRE(::bind(fd_, address, length) == 0);
    REQUIRE(::listen(fd_, 128) == 0);
  }

  int fd_;
  std::uint16_t port_ = 0;
  std::string address_;
};

std::string web_on(const std::string& bind, const std::string& target) {
  return fmt::format(
      "listeners: {{ web: {{ bind: \"{}\", forward: app }} }}\n"
      "target_groups: {{ app: {{ targets: [\"{}\"] }} }}\n",
      bind, target);
}

void write_text(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

constexpr const char* kNameRequest = "GET /name HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("systemd hears when weir serves, and of how many targets") {
  const Backend backend;
  Manager systemd;
  Daemon weir(web_to(backend.address()), systemd.options());
  REQUIRE(systemd.hears("READY=1"));
  CHECK(systemd.said().front().starts_with("READY=1\nSTATUS=serving 1 listener, "));
  CHECK(systemd.hears("STATUS=serving 1 listener, 1 of 1 target healthy"));
  CHECK(systemd.count("WATCHDOG=1") == 0);
}

TEST_CASE("the status follows the targets") {
  auto backend = std::make_unique<Backend>();
  Manager systemd;
  Daemon weir(fmt::format("listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
                          "target_groups:\n"
                          "  app:\n"
                          "    targets: [\"{}\"]\n"
                          "    health_check: {{ interval: 100ms, fast_interval: 100ms, timeout: 100ms }}\n",
                          backend->address()),
              systemd.options());
  REQUIRE(systemd.hears("1 of 1 target healthy"));
  backend.reset();
  CHECK(systemd.hears("STATUS=serving 1 listener, 0 of 1 target healthy"));
}

TEST_CASE("systemd hears that a reload begins and that it has ended, whichever way") {
  const Backend backend;
  Manager systemd;
  Daemon weir(web_to(backend.address()) + "process: { watch: off, state_dir: off }\n", systemd.options());
  const std::string good = read_file(weir.file());
  REQUIRE(systemd.hears("READY=1"));
  std::size_t reloads = 0;
  for (const bool well : {true, false, true}) {
    CAPTURE(well);
    write_text(weir.file(), well ? good : "nonsense: 1\n");
    weir.process().signal(SIGHUP);
    REQUIRE(systemd.hears("RELOADING=1\nMONOTONIC_USEC=", ++reloads));
    REQUIRE(systemd.hears("READY=1", reloads + 1));
    CHECK(contains(systemd.said().back(), "the last reload was refused") == !well);
  }
  const std::vector<std::uint64_t> times = systemd.numbers("MONOTONIC_USEC");
  REQUIRE(times.size() == 3);
  CHECK(std::ranges::is_sorted(times));
  CHECK(times.front() < times.back());
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  CHECK(times.back() <= static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + 1'000'000);
  CHECK(fetch(weir.address(), "/name").body == "backend");
}

TEST_CASE("systemd hears that weir stops, and for how long if that is unusual") {
  const Backend backend;
  for (const char* const grace : {"1s", "5m"}) {
    Manager systemd;
    Daemon weir(fmt::format("process: {{ shutdown_grace: {} }}\n", grace) + web_to(backend.address()),
                systemd.options());
    REQUIRE(systemd.hears("READY=1"));
    CHECK(weir.stop() == 0);
    CHECK(systemd.count("STOPPING=1") == 1);
    const std::vector<std::uint64_t> extended = systemd.numbers("EXTEND_TIMEOUT_USEC");
    CHECK(extended == (grace == std::string("5m") ? std::vector<std::uint64_t>{310'000'000}
                                                  : std::vector<std::uint64_t>{}));
  }
}

TEST_CASE("the watchdog hears of weir at twice the rate that it asks for, and only if it is meant") {
  const Backend backend;
  for (const bool meant : {true, false}) {
    CAPTURE(meant);
    Manager systemd;
    Daemon::Options options = systemd.options();
    options.environment.emplace_back("WATCHDOG_USEC", "200000");
    if (!meant) options.environment.emplace_back("WATCHDOG_PID", "1");
    const Stopwatch time;
    Daemon weir(web_to(backend.address()), options);
    REQUIRE(systemd.hears("READY=1"));
    if (meant) {
      CHECK(systemd.hears("WATCHDOG=1", 5));
      CHECK(time.elapsed() >= Milliseconds(490));
    }
    CHECK(weir.stop() == 0);
    if (!meant) CHECK(systemd.count("WATCHDOG=1") == 0);
  }
}

TEST_CASE("sockets of systemd serve listeners and the admin API, with what waited in them before the start") {
  const Backend backend;
  const TemporaryDirectory directory;
  const Socket tcp, local(directory.path("web.sock")), admin(directory.path("admin.sock"));
  std::vector<Connection> early;
  for (int i = 0; i < 20; ++i) {
    early.emplace_back(i % 2 == 0 ? tcp.address() : local.address()).send(kNameRequest);
  }
  const std::string yaml = fmt::format(
      "process: {{ workers: 3 }}\nadmin: {{ bind: \"{}\" }}\n"
      "listeners: {{ web: {{ bind: [\"{}\", \"{}\", 127.0.0.1:0], forward: app }} }}\n"
      "target_groups: {{ app: {{ targets: [\"{}\"] }} }}\n",
      admin.address(), tcp.address(), local.address(), backend.address());
  {
    Daemon weir(yaml, {.listening = {tcp.fd(), local.fd(), admin.fd()}});
    CHECK(weir.admin_address() == admin.address());
    CHECK(weir.address("web", 0) == tcp.address());
    CHECK(weir.address("web", 1) == local.address());
    for (Connection& connection : early) CHECK(connection.answer().body == "backend");
    early.clear();
    CHECK(fetch(weir.address("web", 2), "/name").body == "backend");
    CHECK(weir.stop() == 0);
  }
  // They are systemd's still: who connects now waits for the next weir.
  struct stat status{};
  CHECK(::stat(directory.path("web.sock").c_str(), &status) == 0);
  CHECK(::stat(directory.path("admin.sock").c_str(), &status) == 0);
  Connection between(tcp.address()), other(local.address());
  between.send(kNameRequest);
  other.send(kNameRequest);
  Daemon weir(yaml, {.listening = {tcp.fd(), local.fd(), admin.fd()}});
  CHECK(between.answer().body == "backend");
  CHECK(other.answer().body == "backend");
}

TEST_CASE("every socket that systemd hands over for one address is accepted from, whatever the workers") {
  const Backend backend;
  for (const auto& [sockets, workers] : {std::pair(5, 2), {2, 5}, {3, 3}}) {
    CAPTURE(sockets);
    CAPTURE(workers);
    const Socket first(AF_INET, 0, true);
    std::vector<std::unique_ptr<Socket>> more;
    Daemon::Options options{.listening = {first.fd()}};
    for (int i = 1; i < sockets; ++i) {
      more.push_back(std::make_unique<Socket>(AF_INET, first.port(), true));
      options.listening.push_back(more.back()->fd());
    }
    Daemon weir(
        fmt::format("process: {{ workers: {} }}\n", workers) + web_on(first.address(), backend.address()),
        options);
    // The kernel puts each into one of them by a hash of its port.
    for (int i = 0; i < 100; ++i) CHECK(fetch(first.address(), "/name").body == "backend");
  }
}

TEST_CASE("a listener keeps the socket of systemd through reloads, and one that is left out loses it") {
  const Backend backend;
  const Socket socket;
  Daemon weir(web_on(socket.address(), backend.address()) + "process: { watch: off, state_dir: off }\n",
              {.listening = {socket.fd()}});
  const std::string before = read_file(weir.file());
  const auto reload_to = [&](const std::string& yaml, std::string_view said) {
    write_text(weir.file(), yaml);
    weir.process().signal(SIGHUP);
    REQUIRE(eventually([&] { return contains(weir.log(), said); }));
  };
  reload_to(before, "no changes");
  CHECK(fetch(socket.address(), "/name").body == "backend");
  std::string elsewhere = before;
  elsewhere.replace(elsewhere.find(socket.address()), socket.address().size(), "127.0.0.1:0");
  reload_to(elsewhere, "configuration reloaded");
  // Workers stop accepting a moment later.
  CHECK(eventually([&] {
    Connection waiting(socket.address());
    waiting.send(kNameRequest);
    return !waiting.readable(Milliseconds(200));
  }));
}

TEST_CASE("a low port needs no right of weir's if systemd has bound it") {
  if (::geteuid() != 0) return;
  const Backend backend;
  std::optional<Socket> socket;
  for (std::uint16_t port = 400; !socket && port < 410; ++port) {
    if (const int probe = ::socket(AF_INET, SOCK_STREAM, 0); probe >= 0) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const bool free = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      ::close(probe);
      if (free) socket.emplace(AF_INET, port);
    }
  }
  REQUIRE(socket);
  const TemporaryDirectory directory;
  const std::string file = directory.write(
      "weir.yaml", "admin: { bind: off }\n" + web_on(socket->address(), backend.address()) + kNoState);
  ::chmod(directory.path().c_str(), 0755);
  Command start = command({"run", "-c", file});
  start.user = 65534;
  start.listening = {socket->fd()};
  Process weir(start);
  REQUIRE(eventually([&] { return contains(weir.err(), "serving with") || !weir.running(); }));
  CHECK(fetch(socket->address(), "/name").body == "backend");
  weir.signal(SIGTERM);
  CHECK(weir.wait() == 0);
}

TEST_CASE("a socket that no bind names is told and closed, one that cannot be used is refused") {
  const Backend backend;
  const Socket wanted, unwanted;
  const std::string yaml = web_on(wanted.address(), backend.address());
  {
    Daemon weir(yaml, {.listening = {unwanted.fd(), wanted.fd()}});
    CHECK(fetch(wanted.address(), "/name").body == "backend");
    CHECK(contains(weir.log(), fmt::format("the inherited socket of {} is closed: no bind has that address",
                                           unwanted.address())));
  }
  const TemporaryDirectory directory;
  Command start = command({"run", "-c", directory.write("weir.yaml", yaml + kNoState)});
  const int datagrams = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  start.listening = {wanted.fd(), datagrams};
  const Finished finished = run(start);
  ::close(datagrams);
  CHECK(finished.code == 1);
  CHECK(finished.err == "weir: the inherited descriptor 4 is of no use: it is no stream socket\n");
}

TEST_CASE("a second weir on the same state directory is refused, until the first has ended") {
  const Backend backend;
  Daemon first(web_to(backend.address()));
  const std::string state = first.directory().path("state");
  struct stat status{};
  REQUIRE(::stat((state + "/lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  const TemporaryDirectory directory;
  const std::string yaml = fmt::format("process: {{ state_dir: \"{}\" }}\nadmin: {{ bind: off }}\n", state) +
                           web_to(backend.address());
  const Command start = command({"run", "-c", directory.write("weir.yaml", yaml)});
  const Finished refused = run(start);
  CHECK(refused.code == 1);
  CHECK(refused.err == fmt::format("weir: {}:1:23: process.state_dir: another weir uses '{}'\n",
                                   directory.path("weir.yaml"), state));
  CHECK(fetch(first.address(), "/name").body == "backend");

  REQUIRE(first.stop() == 0);
  Process next(start);
  CHECK(eventually([&] { return contains(next.err(), "serving with"); }));
}
