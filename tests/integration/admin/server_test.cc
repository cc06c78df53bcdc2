#include "lb/admin/server.h"

#include <sys/stat.h>

#include <filesystem>

#include "tests/integration/admin/raw_client.h"

using weir::admin::Exchange;
using weir::admin::listen;
using weir::admin::Request;
using weir::admin::Response;
using weir::admin::Server;
using weir::base::SocketAddress;
using namespace std::chrono_literals;

namespace {

// Answers with what it was asked.
Response echo(const Request& request) {
  std::string body(std::string(request.head.method_text()) + " " + std::string(request.path()) + " " +
                   std::string(request.body));
  if (request.path() == "/large") body = std::string(8'000'000, 'x');
  return {200, "text/plain", std::move(body), {{"X-Kind", "echo"}}};
}

// Goes on forever, though it says that it has an end if it `ends`.
class Flood final : public weir::admin::Source {
 public:
  explicit Flood(bool ends) : ends_(ends) {}
  std::optional<std::string> next(weir::base::Instant) override { return std::string(65536, 'x'); }
  weir::base::Instant due() const override { return {}; }
  bool ends() const override { return ends_; }

 private:
  const bool ends_;
};

// More than the kernel takes at once, or than anybody could.
Response flood(const Request& request) {
  Response response;
  if (request.path() == "/whole") {
    response.body = std::string(64 << 20, 'x');
  } else {
    response.source = std::make_unique<Flood>(request.path() == "/scrape");
  }
  return response;
}

struct Fixture {
  weir::base::SystemClock clock;
  weir::net::Loop loop{clock};
  weir::wire::Context context{loop};
  Server server;

  explicit Fixture(const std::string& bind = "127.0.0.1:0")
      : server(context, std::move(listen(SocketAddress::parse(bind).value()).value()), echo) {}
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

const std::string kGet = "GET /a?b HTTP/1.1\r\nHost: localhost\r\n\r\n";

}  // namespace

TEST_CASE("requests on one connection are answered one after the other, pipelined ones too") {
  Fixture fixture;
  CHECK(fixture.server.address().port() != 0);
  RawClient client(fixture.loop, fixture.server.address());
  client.send(kGet);
  const std::string first = client.read_until("GET /a ");
  CHECK(first.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(first.find("Content-Type: text/plain\r\n") != std::string::npos);
  CHECK(first.find("Content-Length: 7\r\n") != std::string::npos);
  CHECK(first.find("X-Kind: echo\r\n") != std::string::npos);
  CHECK(first.find("Date: ") != std::string::npos);
  client.forget();
  client.send(kGet + kGet + "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(count(client.read_all(), "HTTP/1.1 200 OK") == 3);
  CHECK(client.closed());
}

TEST_CASE("HEAD is answered with the length and without the body") {
  Fixture fixture;
  RawClient client(fixture.loop, fixture.server.address());
  client.send("HEAD /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string& answer = client.read_all();
  CHECK(count(answer, "Content-Length: 8\r\n") == 1);
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a body is taken, with a 100 first where one is expected") {
  Fixture fixture;
  RawClient client(fixture.loop, fixture.server.address());
  client.send("POST /p HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.read_until("100 Continue\r\n\r\n").ends_with("100 Continue\r\n\r\n"));
  client.send("body");
  CHECK(client.read_until("POST /p body").ends_with("POST /p body"));
  client.forget();
  client.send(
      "PUT /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  CHECK(client.read_until("PUT /c abc").ends_with("PUT /c abc"));
}

TEST_CASE("a body that is too large is refused, announced or not, and the connection closes") {
  for (const bool announced : {true, false}) {
    CAPTURE(announced);
    Fixture fixture;
    RawClient client(fixture.loop, fixture.server.address());
    client.send(
        std::string("POST /p HTTP/1.1\r\nHost: localhost\r\n") +
        (announced ? "Content-Length: 1048577\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n100001\r\n"));
    if (!announced) client.send(std::string(0x100001, 'x') + "\r\n0\r\n\r\n");
    const std::string& answer = client.read_all();
    CHECK(answer.starts_with("HTTP/1.1 413 Content Too Large\r\n"));
    CHECK(count(answer, "application/problem+json") == 1);
    CHECK(count(answer, "Connection: close\r\n") == 1);
    CHECK(client.closed());
  }
}

TEST_CASE("what is no HTTP is answered as such and closed, and the next client is served") {
  Fixture fixture;
  struct Row {
    std::string bytes;
    std::string answer;
  };
  for (const Row& row :
       {Row{"\x16\x03\x01garbage\r\n\r\n", "HTTP/1.1 400 "}, Row{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
        Row{"GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 414 "},
        Row{"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "}}) {
    RawClient client(fixture.loop, fixture.server.address());
    client.send(row.bytes);
    CHECK(client.read_all().starts_with(row.answer));
    CHECK(client.closed());
  }
  RawClient client(fixture.loop, fixture.server.address());
  client.send(kGet);
  CHECK(client.read_until("GET /a ").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a large answer arrives whole at a client that reads late") {
  Fixture fixture;
  RawClient client(fixture.loop, fixture.server.address());
  client.send("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string& answer = client.read_all();
  CHECK(answer.size() - answer.find("\r\n\r\n") - 4 == 8'000'000);
}

TEST_CASE("an answer that has an end is cut after its time, however steadily it is read") {
  struct Row {
    std::string path;
    std::size_t clients;
    bool cut;
  };
  const std::size_t all = Server::kMostScrapes;
  for (const Row& row : {Row{"/scrape", all, true}, Row{"/whole", 1, true}, Row{"/feed", all, false}}) {
    CAPTURE(row.path);
    weir::base::ManualClock clock;
    weir::net::Loop loop{clock};
    weir::wire::Context context{loop};
    Server server(context, std::move(listen(SocketAddress::parse("127.0.0.1:0").value()).value()), flood);
    const std::string request = "GET " + row.path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < row.clients; ++i) {
      clients.push_back(std::make_unique<RawClient>(loop, server.address()));
      clients.back()->send(request);
      REQUIRE(clients.back()->read_until("\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
    }
    const auto status = [&] {
      RawClient client(loop, server.address());
      client.send(request);
      return client.read_until("\r\n").substr(9, 3);
    };
    if (row.path == "/scrape") CHECK(status() == "503");
    for (auto time = 1s; time < Exchange::kLongestAnswer; ++time) {
      clock.advance(1s);
      for (const auto& client : clients) {
        client->forget();
        REQUIRE_FALSE(client->read_until("x").empty());
        REQUIRE_FALSE(client->closed());
      }
    }
    clock.advance(1s + weir::net::TimerWheel::kTick);
    for (const auto& client : clients) {
      client->forget();
      if (row.cut) {
        client->read_all();
      } else {
        client->read_until("x");
      }
      CHECK(client->closed() == row.cut);
    }
    CHECK(status() == "200");
  }
}

TEST_CASE("a client beyond the limit takes the place of the one that has been silent for longest") {
  Fixture fixture;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < Server::kMostConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(fixture.loop, fixture.server.address()));
    while (fixture.server.connections() <= i) fixture.loop.run_once(std::chrono::milliseconds(1));
    if (i == 1) clients.back()->send("GET");  // a head that never ends is silence too
    const auto accepted = fixture.loop.now();
    while (fixture.loop.now() == accepted) fixture.loop.run_once(std::chrono::milliseconds(1));
  }
  // The oldest of all is at work.
  clients[0]->send("POST /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo");
  RawClient late(fixture.loop, fixture.server.address());
  late.send(kGet);
  CHECK(late.read_until("GET /a ").starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(fixture.server.connections() == Server::kMostConnections);
  CHECK(clients[1]->read_all().empty());
  CHECK(clients[1]->closed());
  clients[0]->send("dy");
  CHECK(clients[0]->read_until("POST /p body").ends_with("POST /p body"));
}

TEST_CASE(
    "where nobody is silent, it takes the place of the one whose body has been on its way for longest") {
  Fixture fixture;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < Server::kMostConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(fixture.loop, fixture.server.address()));
    clients.back()->send(
        "POST /p HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    REQUIRE(!clients.back()->read_until("100 Continue").empty());
    const auto begun = fixture.loop.now();
    while (fixture.loop.now() == begun) fixture.loop.run_once(std::chrono::milliseconds(1));
  }
  RawClient late(fixture.loop, fixture.server.address());
  late.send(kGet);
  CHECK(late.read_until("GET /a ").starts_with("HTTP/1.1 200 OK\r\n"));
  clients[0]->read_all();
  CHECK(clients[0]->closed());
  clients[1]->send("body");
  CHECK(clients[1]->read_until("POST /p body").ends_with("POST /p body"));
}

TEST_CASE("clients beyond the limit are turned away while all others are at work, until one leaves") {
  Fixture fixture;
  std::size_t asked = 0;
  const auto later = [&](const Request& request) {
    if (request.path() == "/a") return echo(request);
    ++asked;
    Response response;
    response.later = std::make_shared<weir::admin::Later>();
    return response;
  };
  Server server(fixture.context, std::move(listen(SocketAddress::parse("127.0.0.1:0").value()).value()),
                later);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < Server::kMostConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(fixture.loop, server.address()));
    clients.back()->send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (asked <= i) fixture.loop.run_once(std::chrono::milliseconds(1));
  }
  RawClient late(fixture.loop, server.address());
  CHECK(late.read_all().empty());
  CHECK(late.closed());
  clients.pop_back();
  while (server.connections() == Server::kMostConnections)
    fixture.loop.run_once(std::chrono::milliseconds(1));
  RawClient next(fixture.loop, server.address());
  next.send(kGet);
  CHECK(next.read_until("GET /a ").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_CASE("a server that goes away cuts what is under way") {
  auto fixture = std::make_unique<Fixture>();
  RawClient idle(fixture->loop, fixture->server.address());
  idle.send(kGet);
  idle.read_until("GET /a ");
  RawClient busy(fixture->loop, fixture->server.address());
  busy.send("POST /p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo");
  fixture.reset();
}

TEST_CASE("a unix socket can be opened by its group and by nobody else") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("weir-admin-" + std::to_string(::getpid()) + ".sock"))
          .string();
  {
    Fixture fixture("unix:" + path);
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0660);
    RawClient client(fixture.loop, fixture.server.address());
    client.send(kGet);
    CHECK(client.read_until("GET /a ").starts_with("HTTP/1.1 200 OK\r\n"));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the socket file of another server stays when this one goes away") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("weir-admin-" + std::to_string(::getpid()) + ".sock"))
          .string();
  auto first = std::make_unique<Fixture>("unix:" + path);
  std::filesystem::remove(path);
  const Fixture second("unix:" + path);
  first.reset();
  CHECK(std::filesystem::exists(path));
}
