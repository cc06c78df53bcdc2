// The admin API in front of clients that want too much of it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

constexpr std::size_t kMostFollowers = 32;
constexpr std::size_t kMostScrapes = 8;
constexpr std::uint64_t kMostGrowth = 48 << 20;

void need_descriptors(rlim_t count) {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur >= count) return;
  REQUIRE(limit.rlim_max >= count);
  limit.rlim_cur = count;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

std::string request_for(const std::string& path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
}

// The status of an answer that has begun; 0: the connection was closed without one.
int status_of(Connection& connection) {
  const std::string begin = connection.receive(12);
  return begin.starts_with("HTTP/1.1 ") && begin.size() == 12 ? std::stoi(begin.substr(9)) : 0;
}

// Whether those who ask for little are served, and clients of the listener too.
void check_others(const Daemon& weir) {
  CHECK(weir.admin("/livez").status == 200);
  CHECK(weir.admin("/api/v1/status").status == 200);
  CHECK(fetch(weir.address(), "/name").status == 200);
}

// A configuration with so many targets that one scrape of it is some megabytes.
std::string many_targets(const std::string& first, int count) {
  std::string targets = fmt::format("\"{}\"", first);
  for (int i = 0; i < count; ++i) targets += fmt::format(", \"127.{}.{}.1:9\"", 1 + i / 250, 1 + i % 250);
  return fmt::format(
      "admin: {{ bind: 127.0.0.1:0 }}\n"
      "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: app }} }}\n"
      "target_groups:\n"
      "  app: {{ health_check: off, targets: [ \"{}\" ] }}\n"
      "  many: {{ health_check: off, targets: [ {} ] }}\n",
      first, targets);
}

}  // namespace

TEST_CASE(
    "of a thousand clients of the events as many are served as may be, and nobody else waits for them") {
  need_descriptors(4096);
  const Backend backend;
  Daemon weir("admin: { bind: 127.0.0.1:0 }\n" + web_to(backend.address()));
  const std::uint64_t before = weir.process().resident();
  for (const char* const path : {"/api/v1/events", "/api/v1/live"}) {
    CAPTURE(path);
    std::vector<Connection> followers, others;
    for (int i = 0; i < 1000; ++i) {
      Connection client(weir.admin_address());
      client.send(request_for(path));
      const int status = status_of(client);
      CHECK_MESSAGE((status == 200 || status == 503), status);
      (status == 200 ? followers : others).push_back(std::move(client));
    }
    CHECK(followers.size() == kMostFollowers);
    check_others(weir);
    CHECK(weir.admin("/metrics").status == 200);
    for (Connection& follower : followers) {
      std::string told;
      while (!contains(told, "retry: 1000\n\n")) told += follower.receive();
    }
    if (!kSanitized) CHECK(weir.process().resident() < before + kMostGrowth);
    followers.clear();
    // It learns that they are gone when it writes to them.
    CHECK(eventually([&] {
      run_weir({"drain", "app", backend.address(), "--admin", weir.admin_address()});
      run_weir({"undrain", "app", backend.address(), "--admin", weir.admin_address()});
      Connection late(weir.admin_address());
      late.send(request_for(path));
      return status_of(late) == 200;
    }));
  }
}

TEST_CASE("scrapers that never read are few, hold little, and keep nobody from anything else") {
  const Backend backend;
  Daemon weir(many_targets(backend.address(), 2000));
  const std::size_t whole = weir.admin("/metrics").body.size();
  CHECK(whole > 3'000'000);
  const std::uint64_t before = weir.process().resident();
  std::vector<Connection> scrapers;
  for (std::size_t i = 0; i < kMostScrapes; ++i) {
    scrapers.emplace_back(weir.admin_address(), Connection::Options{.receive_buffer = 4096});
    scrapers.back().send(request_for("/metrics"));
    CHECK(scrapers.back().readable(kPatience));
  }
  const Answer refused = weir.admin("/metrics");
  CHECK(refused.status == 503);
  CHECK(refused.field("Content-Type") == "application/problem+json");
  check_others(weir);
  if (!kSanitized) CHECK(weir.process().resident() < before + kMostGrowth);
  scrapers.clear();
  CHECK(eventually([&] { return weir.admin("/metrics").body.size() > whole / 2; }));
}
