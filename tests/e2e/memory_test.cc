// What weir needs of memory, at the sizes that matter. The sanitizers have memory of their own: with them
// these tests only look for errors.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kTransfer = (kSanitized ? 256 : 1024) * kMiB;
constexpr std::size_t kReadPiece = 256 * 1024;
constexpr std::size_t kRestEvery = 8 << 20;
constexpr Milliseconds kRest{10};

// A peer that takes or gives its bytes with pauses.
class Pace {
 public:
  explicit Pace(bool slow) : slow_(slow) {}
  void moved(std::size_t bytes) {
    since_ += bytes;
    if (!slow_ || since_ < kRestEvery) return;
    since_ = 0;
    std::this_thread::sleep_for(kRest);
  }

 private:
  const bool slow_;
  std::size_t since_ = 0;
};

void check_memory(const Process& process) {
  MESSAGE("at most " << process.most_resident() / 1024 << " KiB were resident");
  if (!kSanitized) CHECK(process.most_resident() < 64 * kMiB);
}

rlim_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit more{65536, 65536};
  if (limit.rlim_max < more.rlim_max && ::setrlimit(RLIMIT_NOFILE, &more) == 0) return more.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace

TEST_CASE("a large download passes through little memory") {
  bool slow = false;
  SUBCASE("to a fast client") {}
  SUBCASE("to a slow client") { slow = true; }
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + web_to(backend.address()));
  Connection client(weir.address());
  client.send(fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: a\r\n\r\n", kTransfer));
  CHECK(client.head_lines().at(0) == "HTTP/1.1 200 OK");
  if (slow) std::this_thread::sleep_for(Milliseconds(500));  // every buffer on the way fills up
  std::uint64_t received = 0;
  bool right = true;
  Pace pace(slow);
  client.body(kTransfer, [&](std::string_view piece) {
    right = right && piece == pattern(received, piece.size());
    received += piece.size();
    pace.moved(piece.size());
  });
  CHECK(right);
  CHECK(received == kTransfer);
  check_memory(weir.process());
  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["sent_bytes"].get<std::uint64_t>() >= kTransfer);
}

TEST_CASE("a large upload passes through little memory") {
  std::string path = "/count";
  bool slow = false, chunked = false;
  SUBCASE("to a slow target") { path = "/slow-count"; }
  SUBCASE("from a slow client") { slow = true; }
  SUBCASE("in chunks, to a slow target") {
    path = "/slow-count";
    chunked = true;
  }
  const std::uint64_t length = chunked ? 64 * kMiB : kTransfer;  // the target keeps chunked bodies
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + web_to(backend.address()));
  Connection client(weir.address());
  const std::string framing =
      chunked ? "Transfer-Encoding: chunked" : fmt::format("Content-Length: {}", length);
  client.send(fmt::format("POST {} HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n", path, framing));
  Pace pace(slow);
  for (std::uint64_t sent = 0; sent < length; sent += kReadPiece) {
    if (chunked) client.send(fmt::format("{:x}\r\n", kReadPiece));
    client.send(pattern(sent, kReadPiece));
    if (chunked) client.send("\r\n");
    pace.moved(kReadPiece);
  }
  if (chunked) client.send("0\r\n\r\n");
  CHECK(client.answer().body == fmt::format("{} right", length));
  check_memory(weir.process());
}

TEST_CASE("ten thousand idle clients add at most 700 bytes of memory each") {
  const rlim_t limit = raise_descriptor_limit();
  const std::size_t most = std::min<std::size_t>(kSanitized ? 2'000 : 10'000, (limit - 300) / 2);
  const Backend backend;
  Daemon weir(fmt::format("process: {{ workers: 1, max_connections: {} }}\n"
                          "log: {{ access: {{ output: off }} }}\n",
                          most) +
                  web_to(backend.address(), "    timeouts: { idle: 10m }\n"),
              {.descriptors = limit});
  const auto ask = [](Connection& client) { client.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n"); };
  const auto connect = [&](std::size_t count) {
    std::vector<Connection> clients;
    clients.reserve(count);
    while (clients.size() < count) {
      for (int i = 0; i < 50 && clients.size() < count; ++i) {
        clients.emplace_back(weir.address());
        ask(clients.back());
      }
      for (std::size_t i = (clients.size() - 1) / 50 * 50; i < clients.size(); ++i) {
        REQUIRE(clients[i].answer().status == 200);
      }
    }
    return clients;
  };
  connect(200);  // what is needed once, whoever comes
  REQUIRE(eventually([&] { return weir.status()["listeners"][0]["connections"] == 0; }));

  const std::uint64_t before = weir.process().resident();
  const std::vector<Connection> clients = connect(most);
  CHECK(weir.status()["listeners"][0]["connections"] == most);
  const std::uint64_t each = (weir.process().resident() - before) / most;
  MESSAGE(most << " idle clients: " << each << " bytes of memory each");
  if (!kSanitized) CHECK(each <= 700);
}
