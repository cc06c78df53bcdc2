// A shop that keeps carts in the memory of its servers: sessions through failures, keys and nodes.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <map>
#include <memory>

#include "tests/e2e/fleet.h"

using namespace weir::e2e;

namespace {

// Three servers of a shop, each a process with carts of its own.
class Shop {
 public:
  Shop() {
    for (std::size_t i = 0; i < kServers; ++i) start(i, "0");
  }

  static constexpr std::size_t kServers = 3;
  static std::string id(std::size_t server) { return fmt::format("shop-{}", server); }
  void kill(std::size_t server) {
    servers_[server]->signal(SIGKILL);
    servers_[server]->wait();
  }
  void bring_back(std::size_t server) {
    start(server, addresses_[server].substr(addresses_[server].find(':') + 1));
  }
  std::string yaml(const std::string& stickiness, const std::string& more = "") const {
    std::string yaml = fmt::format(
        "{}listeners:\n  web: {{ bind: 127.0.0.1:0, forward: app }}\ntarget_groups:\n  app:\n"
        "    stickiness: {}\n{}    targets:\n",
        more, stickiness, kChecks);
    for (std::size_t i = 0; i < kServers; ++i) {
      yaml += fmt::format("      - {{ address: \"{}\", id: {} }}\n", addresses_[i], id(i));
    }
    return yaml;
  }

 private:
  void start(std::size_t server, const std::string& port) {
    servers_[server] =
        std::make_unique<Process>(Command{{kPython, source("tests/e2e/cart_server.py"), port}});
    REQUIRE(eventually([&] { return servers_[server]->out().find('\n') != std::string::npos; }));
    const std::string said = servers_[server]->out();
    addresses_[server] = said.substr(0, said.find('\n'));
  }

  std::array<std::unique_ptr<Process>, kServers> servers_;
  std::array<std::string, kServers> addresses_;
};

// One user with a browser: one connection to each node, and the cookies that were set.
class User {
 public:
  explicit User(int number) : name_(fmt::format("user-{}", number)) {}

  // Puts the next thing into the cart, by this node.
  Answer shop(const std::string& node) {
    auto& connection = connections_[node];
    if (!connection) connection = std::make_unique<Connection>(node);
    std::string cookies = "theme=dark";
    for (const auto& [name, value] : cookies_) cookies += fmt::format("; {}={}", name, value);
    const std::string item = fmt::to_string(bought_++);
    connection->send(fmt::format("GET /add/{} HTTP/1.1\r\nHost: shop\r\nX-User: {}\r\nCookie: {}\r\n\r\n",
                                 item, name_, cookies));
    expected_ += (expected_.empty() ? "" : ",") + item;
    Answer answer = connection->answer();
    const std::string set = answer.field("set-cookie");
    if (!set.empty()) {
      const std::string pair = set.substr(0, set.find(';'));
      cookies_[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
    }
    return answer;
  }
  // All that was ever put into the cart is in it.
  bool has_all(const Answer& answer) const { return answer.status == 200 && answer.body == expected_; }
  // A server that knows nothing yet has what came last alone.
  bool begins_anew(const Answer& answer) {
    if (answer.status != 200 || answer.body != fmt::to_string(bought_ - 1)) return false;
    expected_ = answer.body;
    return true;
  }

 private:
  const std::string name_;
  std::map<std::string, std::unique_ptr<Connection>> connections_;
  std::map<std::string, std::string> cookies_;
  int bought_ = 0;
  std::string expected_;
};

std::vector<std::unique_ptr<User>> users(int count) {
  std::vector<std::unique_ptr<User>> all;
  for (int i = 0; i < count; ++i) all.push_back(std::make_unique<User>(i));
  return all;
}

double outcome(const Daemon& weir, const char* outcome) {
  return Metrics(weir).sum("weir_sticky_requests_total", {fmt::format("outcome=\"{}\"", outcome)});
}

constexpr int kUsers = 50;
constexpr int kRounds = 20;

const std::string kKeyA = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
const std::string kKeyB = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=\n";

std::string key_file(const TemporaryDirectory& directory) {
  return fmt::format("secrets: {{ cookie_keys_file: {} }}\n", directory.path("cookie.keys"));
}

}  // namespace

TEST_CASE(
    "carts survive, a server that is killed moves its users once, and they stay moved when it returns") {
  Shop shop;
  const Daemon weir(shop.yaml("{ type: lb_cookie }"));
  const auto everybody = users(kUsers);
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& user : everybody) {
      const Answer answer = user->shop(weir.address());
      CHECK(user->has_all(answer));
      CHECK(answer.field("x-cookie") == "theme=dark");
    }
  }
  CHECK(outcome(weir, "new") == kUsers);
  CHECK(outcome(weir, "kept") == kUsers * (kRounds - 1));

  shop.kill(0);
  int moved = 0;
  for (int round = 0; round < 5; ++round) {
    for (const auto& user : everybody) {
      const Answer answer = user->shop(weir.address());
      if (user->has_all(answer)) continue;
      CHECK(round == 0);
      CHECK(user->begins_anew(answer));
      ++moved;
    }
  }
  CHECK(moved > 0);
  CHECK(moved < kUsers);
  CHECK(outcome(weir, "moved") == moved);

  REQUIRE(becomes(weir, Shop::id(0), "unhealthy"));
  shop.bring_back(0);
  REQUIRE(becomes(weir, Shop::id(0), "healthy"));
  for (const auto& user : everybody) CHECK(user->has_all(user->shop(weir.address())));
  CHECK(outcome(weir, "moved") == moved);
  CHECK(outcome(weir, "new") == kUsers);
}

TEST_CASE("keys that are changed in two steps under load lose no session") {
  Shop shop;
  const TemporaryDirectory directory;
  directory.write("cookie.keys", kKeyA);
  Daemon weir(shop.yaml("{ type: lb_cookie }", key_file(directory)));
  const auto everybody = users(kUsers);
  const auto rounds = [&] {
    for (int round = 0; round < 3; ++round) {
      for (const auto& user : everybody) CHECK(user->has_all(user->shop(weir.address())));
    }
  };
  const auto change = [&](const std::string& keys) {
    const std::size_t told = lines_of(weir.log()).size();
    directory.write("cookie.keys", keys);
    weir.process().signal(SIGHUP);
    for (const auto& user : everybody) CHECK(user->has_all(user->shop(weir.address())));
    REQUIRE(eventually([&] { return lines_of(weir.log()).size() > told; }));
  };
  rounds();
  change(kKeyA + kKeyB);
  rounds();
  change(kKeyB + kKeyA);
  rounds();
  change(kKeyB);
  rounds();
  CHECK(outcome(weir, "new") == kUsers);
  CHECK(outcome(weir, "invalid") <= 0);
  CHECK(outcome(weir, "expired") <= 0);
}

TEST_CASE("keys that cannot be read leave those that there are, and say so without telling them") {
  Shop shop;
  const TemporaryDirectory directory;
  directory.write("cookie.keys", kKeyA);
  Daemon weir(shop.yaml("{ type: lb_cookie }", key_file(directory)));
  User user(1);
  CHECK(user.has_all(user.shop(weir.address())));
  directory.write("cookie.keys", "c2VjcmV0\n");
  weir.process().signal(SIGHUP);
  REQUIRE(eventually([&] { return weir.log().find("reload refused") != std::string::npos; }));
  CHECK(weir.log().find("c2VjcmV0") == std::string::npos);
  for (int i = 0; i < 10; ++i) CHECK(user.has_all(user.shop(weir.address())));
}

TEST_CASE("two nodes with the same keys honour each other's cookies") {
  Shop shop;
  const TemporaryDirectory directory;
  directory.write("cookie.keys", kKeyA);
  const Daemon one(shop.yaml("{ type: lb_cookie }", key_file(directory)));
  const Daemon other(shop.yaml("{ type: lb_cookie }", key_file(directory)));
  const auto everybody = users(kUsers);
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& user : everybody) {
      CHECK(user->has_all(user->shop(round % 2 == 0 ? one.address() : other.address())));
    }
  }
  CHECK(outcome(one, "new") == kUsers);
  CHECK(outcome(other, "new") <= 0);
  CHECK(outcome(other, "kept") == kUsers * kRounds / 2);
}

TEST_CASE("without a key file the key is kept in the state directory, so that a restart loses no session") {
  Shop shop;
  const TemporaryDirectory directory;
  const std::string yaml = shop.yaml("{ type: lb_cookie }",
                                     fmt::format("process: {{ state_dir: {} }}\n", directory.path("state")));
  const auto everybody = users(10);
  for (int start = 0; start < 2; ++start) {
    Daemon weir(yaml);
    for (const auto& user : everybody) CHECK(user->has_all(user->shop(weir.address())));
    CHECK(weir.stop() == 0);
  }
}

TEST_CASE("who is bound to a draining server stays, newcomers go elsewhere, and its sessions are shown") {
  Shop shop;
  const Daemon weir(shop.yaml("{ type: lb_cookie }"));
  const auto everybody = users(kUsers);
  for (const auto& user : everybody) CHECK(user->has_all(user->shop(weir.address())));
  const double before = Metrics(weir).sum("weir_target_requests_total", {R"(target="shop-1")"});
  REQUIRE(before > 0);
  REQUIRE(run_weir({"drain", "--admin", weir.admin_address(), "app", "shop-1"}).code == 0);
  for (const auto& user : everybody) CHECK(user->has_all(user->shop(weir.address())));
  const auto newcomers = users(kUsers);
  for (const auto& user : newcomers) CHECK(user->shop(weir.address()).status == 200);
  CHECK(Metrics(weir).sum("weir_target_requests_total", {R"(target="shop-1")"}) == 2 * before);
  const double sessions = Metrics(weir).sum("weir_target_sticky_sessions", {R"(target="shop-1")"});
  CHECK(sessions >= before * 0.9);
  CHECK(sessions <= before * 1.1);
  CHECK(Metrics(weir).sum("weir_target_sticky_sessions", {R"(target="shop-0")"}) <= 0);
}

TEST_CASE("explain says where a session is and why it would be moved, as the proxy then does it") {
  Shop shop;
  const Daemon weir(shop.yaml("{ type: lb_cookie }"));
  REQUIRE(all_healthy(weir));
  const std::string cookie = fetch(weir.address(), "/").field("set-cookie");
  const auto explained = [&](const std::string& value) {
    const Finished finished = run_weir({"explain", "--json", "--admin", weir.admin_address(), "-H",
                                        "Cookie: " + value, "http://" + weir.address() + "/"});
    REQUIRE(finished.code == 0);
    return Json::parse(finished.out);
  };
  const std::string pair = cookie.substr(0, cookie.find(';'));
  const Json kept = explained(pair);
  CHECK(kept["sticky"][0]["outcome"] == "kept");
  const std::string bound = kept["sticky"][0]["target"];
  CHECK(kept["sent"]["target"] == bound);
  CHECK(explained("WEIRLB=forged")["sticky"][0]["outcome"] == "invalid");

  for (std::size_t i = 0; i < Shop::kServers; ++i) {
    if (Shop::id(i) == bound) shop.kill(i);
  }
  REQUIRE(becomes(weir, bound, "unhealthy"));
  const Json moved = explained(pair);
  CHECK(moved["sticky"][0]["outcome"] == "moved");
  CHECK(moved["sticky"][0]["reason"] == "what it names is unhealthy");
  CHECK(moved["sent"]["target"] != bound);
  CHECK(outcome(weir, "kept") <= 0);  // asking changes nothing
  CHECK(fetch(weir.address(), "/", "Cookie: " + pair + "\r\n").status == 200);
  CHECK(outcome(weir, "moved") == 1);
}
