#include "lb/net/resolver.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "tests/support/dns_server.h"
#include "tests/support/eventually.h"

using namespace std::chrono_literals;

namespace weir::net {
namespace {

using test::a_record;
using test::aaaa_record;
using test::cname_record;
using test::DnsReply;
using test::srv_record;
using Kind = Resolver::Kind;
using Result = std::expected<DnsAnswer, DnsFailure>;

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kSrv = 33;

std::vector<base::IpAddress> addresses(std::initializer_list<const char*> texts) {
  std::vector<base::IpAddress> result;
  for (const char* text : texts) result.push_back(*base::IpAddress::parse(text));
  return result;
}

// A resolver and its server on the test's thread.
struct Resolving {
  explicit Resolving(base::Duration timeout = 5s, int tries = 1)
      : resolver(std::make_unique<Resolver>(
            loop, ResolverOptions{.servers = {server.address()}, .timeout = timeout, .tries = tries})) {}
  ~Resolving() {
    query.reset();
    resolver.reset();
    loop.settle();
  }
  Resolving(const Resolving&) = delete;
  Resolving& operator=(const Resolving&) = delete;

  void ask(const std::string& name, Kind kind = Kind::addresses) {
    query = resolver->query(name, kind, [this](Result answer) { result = std::move(answer); });
  }
  void turn() {
    loop.run_once(1ms);
    server.serve();
  }
  template <class Condition>
  bool turn_until(Condition&& condition) {
    const test::Stopwatch watch;
    while (!condition()) {
      if (watch.elapsed() > test::kPatience) return false;
      turn();
    }
    return true;
  }
  Result resolve(const std::string& name, Kind kind = Kind::addresses) {
    result.reset();
    ask(name, kind);
    REQUIRE(turn_until([this] { return result.has_value(); }));
    return *result;
  }
  DnsFailure failure(const std::string& name, Kind kind = Kind::addresses) {
    const Result answer = resolve(name, kind);
    REQUIRE_FALSE(answer.has_value());
    return answer.error();
  }

  const base::SystemClock clock;
  Loop loop{clock};
  test::DnsServer server;
  std::unique_ptr<Resolver> resolver;
  Resolver::QueryPtr query;
  std::optional<Result> result;
};

}  // namespace

TEST_CASE("the addresses of a name are those of both families, sorted, with the least TTL") {
  Resolving dns;
  dns.server.answer({"web.test", kA},
                    {.records = {a_record("web.test", "10.0.0.2", 30), a_record("web.test", "10.0.0.1", 20),
                                 a_record("web.test", "10.0.0.2", 25)}});
  dns.server.answer({"web.test", kAaaa}, {.records = {aaaa_record("web.test", "2001:db8::1", 40)}});
  const Result answer = dns.resolve("web.test");
  REQUIRE(answer.has_value());
  CHECK(answer->addresses == addresses({"10.0.0.1", "10.0.0.2", "2001:db8::1"}));
  CHECK(answer->time_to_live == 20s);
  CHECK(answer->left_out == 0);
}

TEST_CASE("one family is enough, and an empty answer of the other is complete") {
  for (const std::uint16_t type : {kA, kAaaa}) {
    CAPTURE(type);
    Resolving dns;
    dns.server.answer({"web.test", type}, {.records = {type == kA ? a_record("web.test", "10.0.0.1")
                                                                  : aaaa_record("web.test", "2001:db8::1")}});
    const Result answer = dns.resolve("web.test");
    REQUIRE(answer.has_value());
    CHECK(answer->addresses.size() == 1);
    CHECK(answer->ipv4_complete);
    CHECK(answer->ipv6_complete);
  }
}

TEST_CASE("a family that fails is said not to be complete") {
  Resolving dns;
  dns.server.answer({"web.test", kA}, {.records = {a_record("web.test", "10.0.0.1")}});
  dns.server.answer({"web.test", kAaaa}, {.code = 2});
  const Result answer = dns.resolve("web.test");
  REQUIRE(answer.has_value());
  CHECK(answer->addresses == addresses({"10.0.0.1"}));
  CHECK(answer->ipv4_complete);
  CHECK_FALSE(answer->ipv6_complete);
}

TEST_CASE("an alias is followed, and its TTL counts") {
  Resolving dns;
  dns.server.answer({"web.test", kA}, {.records = {cname_record("web.test", "www.test", 3),
                                                   a_record("www.test", "10.0.0.1", 50)}});
  const Result answer = dns.resolve("web.test");
  REQUIRE(answer.has_value());
  CHECK(answer->addresses == addresses({"10.0.0.1"}));
  CHECK(answer->time_to_live == 3s);
}

TEST_CASE("what is no answer is told apart") {
  struct Row {
    std::string what;
    DnsReply reply;
    DnsFailure failure;
  };
  const std::vector<Row> rows = {
      {"empty", {}, DnsFailure::no_data},
      {"an alias to nothing", {.records = {cname_record("web.test", "www.test")}}, DnsFailure::no_data},
      {"NXDOMAIN", {.code = 3}, DnsFailure::no_such_name},
      {"rubbish behind the question",
       {.records = {{}}, .garbage = std::string(40, '\xff')},
       DnsFailure::malformed},
      {"fewer records than announced",
       {.records = {a_record("web.test", "10.0.0.1")}, .counts_lie = true},
       DnsFailure::malformed},
      {"an address of three bytes",
       {.records = {{"web.test", kA, 60, "abc"}, {"web.test", kAaaa, 60, "abc"}}},
       DnsFailure::malformed},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Resolving dns;
    dns.server.answer({"web.test", kA}, row.reply);
    dns.server.answer({"web.test", kAaaa}, row.reply);
    CHECK(dns.failure("web.test") == row.failure);
  }
}

TEST_CASE("a server that cannot say is no answer, and the next one is asked") {
  for (const unsigned code : {2U, 5U}) {
    CAPTURE(code);
    Resolving dns;
    dns.server.answer({"web.test", kA}, {.code = code});
    dns.server.answer({"web.test", kAaaa}, {.code = code});
    CHECK_FALSE(is_answer(dns.failure("web.test")));

    test::DnsServer second;
    second.answer({"web.test", kA}, {.records = {a_record("web.test", "10.0.0.1")}});
    Resolver resolver(dns.loop, {.servers = {dns.server.address(), second.address()}, .tries = 2});
    std::optional<Result> result;
    const auto query =
        resolver.query("web.test", Kind::addresses, [&](Result answer) { result = std::move(answer); });
    REQUIRE(dns.turn_until([&] {
      second.serve();
      return result.has_value();
    }));
    CHECK(result->has_value());
  }
}

TEST_CASE("silence is a timeout, after all tries") {
  Resolving dns(50ms, 2);
  dns.server.answer({"web.test", kA}, {.silent = true});
  dns.server.answer({"web.test", kAaaa}, {.silent = true});
  CHECK(dns.failure("web.test") == DnsFailure::timeout);
  CHECK(dns.server.asked.size() == 4);
}

TEST_CASE("a family that is never answered delays the other by a part of its tries") {
  Resolving dns(50ms, 1000);
  dns.server.answer({"web.test", kA}, {.records = {a_record("web.test", "10.0.0.1")}});
  dns.server.answer({"web.test", kAaaa}, {.silent = true});
  const Result answer = dns.resolve("web.test");
  REQUIRE(answer.has_value());
  CHECK(answer->addresses == addresses({"10.0.0.1"}));
  CHECK_FALSE(answer->ipv6_complete);
}

TEST_CASE("a port where nobody listens is no answer") {
  base::SocketAddress nobody;
  nobody = test::DnsServer().address();
  const base::SystemClock clock;
  Loop loop(clock);
  Resolver resolver(loop, {.servers = {nobody}, .timeout = 50ms, .tries = 1});
  std::optional<Result> result;
  const auto query =
      resolver.query("web.test", Kind::addresses, [&](Result answer) { result = std::move(answer); });
  const test::Stopwatch watch;
  while (!result && watch.elapsed() < test::kPatience) loop.run_once(1ms);
  REQUIRE(result.has_value());
  REQUIRE_FALSE(result->has_value());
  CHECK_FALSE(is_answer(result->error()));
}

TEST_CASE("2000 addresses come over TCP, and the first 1024 of them in order are taken") {
  Resolving dns;
  DnsReply reply;
  for (int i = 1999; i >= 0; --i)
    reply.records.push_back(a_record("web.test", fmt::format("10.0.{}.{}", i / 250, i % 250)));
  dns.server.answer({"web.test", kA}, reply);
  const Result answer = dns.resolve("web.test");
  REQUIRE(answer.has_value());
  CHECK(dns.server.asked_over_tcp == std::vector{test::DnsQuestion{"web.test", kA}});
  CHECK(answer->addresses.size() == Resolver::kMost);
  CHECK(answer->left_out == 2000 - Resolver::kMost);
  CHECK(answer->addresses.front() == *base::IpAddress::parse("10.0.0.0"));
  CHECK(answer->addresses.back() == *base::IpAddress::parse("10.0.4.23"));
}

TEST_CASE("services are the records of the lowest priority with the addresses of their hosts") {
  Resolving dns;
  const std::string name = "_http._tcp.web.test";
  dns.server.answer({name, kSrv}, {.records = {srv_record(name, 10, 5, 8081, "B.test", 50),
                                               srv_record(name, 10, 7, 8080, "a.test", 40),
                                               srv_record(name, 20, 1, 8082, "c.test", 60)},
                                   .additional = {a_record("a.test", "10.9.9.9")}});
  dns.server.answer({"a.test", kA}, {.records = {a_record("a.test", "10.0.0.1", 30)}});
  dns.server.answer({"b.test", kA}, {.records = {a_record("b.test", "10.0.0.2", 35)}});
  dns.server.answer({"b.test", kAaaa}, {.records = {aaaa_record("b.test", "2001:db8::2", 25)}});
  const Result answer = dns.resolve(name, Kind::services);
  REQUIRE(answer.has_value());
  REQUIRE(answer->services.size() == 2);
  CHECK(answer->services[0].host == "a.test");
  CHECK(answer->services[0].port == 8080);
  CHECK(answer->services[0].weight == 7);
  CHECK(answer->services[0].addresses == addresses({"10.0.0.1"}));
  CHECK(answer->services[1].addresses == addresses({"10.0.0.2", "2001:db8::2"}));
  CHECK(answer->time_to_live == 25s);
  CHECK(std::ranges::count(dns.server.asked, test::DnsQuestion{"c.test", kA}) == 0);
}

TEST_CASE("the TTL of services is that of their records where it is the least") {
  Resolving dns;
  dns.server.answer({"web.test", kSrv}, {.records = {srv_record("web.test", 0, 0, 80, "a.test", 7)}});
  dns.server.answer({"a.test", kA}, {.records = {a_record("a.test", "10.0.0.1", 30)}});
  const Result answer = dns.resolve("web.test", Kind::services);
  REQUIRE(answer.has_value());
  CHECK(answer->time_to_live == 7s);
}

TEST_CASE("hosts of services may be missing, as long as one is there") {
  Resolving dns;
  dns.server.answer({"web.test", kSrv}, {.records = {srv_record("web.test", 0, 0, 80, "a.test"),
                                                     srv_record("web.test", 0, 0, 80, "gone.test"),
                                                     srv_record("web.test", 0, 0, 80, "ill.test")}});
  dns.server.answer({"ill.test", kA}, {.code = 2});
  dns.server.answer({"ill.test", kAaaa}, {.code = 2});
  CHECK_FALSE(is_answer(dns.failure("web.test", Kind::services)));

  dns.server.answer({"a.test", kA}, {.records = {a_record("a.test", "10.0.0.1")}});
  const Result answer = dns.resolve("web.test", Kind::services);
  REQUIRE(answer.has_value());
  CHECK(answer->services.size() == 1);
  CHECK_FALSE(answer->ipv4_complete);

  dns.server.answer({"web.test", kSrv}, {.records = {srv_record("web.test", 0, 0, 80, "gone.test")}});
  CHECK(dns.failure("web.test", Kind::services) == DnsFailure::no_such_name);
}

TEST_CASE("a service that is said not to exist has no records, and hostile ones are refused") {
  struct Row {
    std::string what;
    std::string data;
    DnsFailure failure;
  };
  const std::string head = test::encoded16(0) + test::encoded16(0) + test::encoded16(80);
  const std::vector<Row> rows = {
      {"the root as host", head + std::string(1, '\0'), DnsFailure::no_data},
      {"no host", head, DnsFailure::malformed},
      {"cut", head.substr(0, 3), DnsFailure::malformed},
      {"a pointer to itself", head + "\xc0\x34", DnsFailure::malformed},
      {"a pointer past the end", head + "\xff\xff", DnsFailure::malformed},
      {"a label of 63 bytes past the end", head + "?host", DnsFailure::malformed},
      {"bytes behind the host", head + test::encoded_name("a.test") + "more", DnsFailure::malformed},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Resolving dns;
    dns.server.answer({"web.test", kSrv}, {.records = {{"web.test", kSrv, 60, row.data}}});
    CHECK(dns.failure("web.test", Kind::services) == row.failure);
  }
}

TEST_CASE("1024 hosts of services are all asked for, a few at a time") {
  Resolving dns;
  DnsReply reply;
  for (int i = 0; i < 1100; ++i) {
    const std::string host = fmt::format("h{:04}.test", i);
    reply.records.push_back(srv_record("web.test", 0, 1, 80, host));
    dns.server.answer({host, kA}, {.records = {a_record(host, fmt::format("10.0.{}.{}", i / 250, i % 250))}});
  }
  dns.server.answer({"web.test", kSrv}, reply);
  const Result answer = dns.resolve("web.test", Kind::services);
  REQUIRE(answer.has_value());
  CHECK(answer->services.size() == Resolver::kMost);
  CHECK(answer->left_out == 1100 - Resolver::kMost);
  CHECK(answer->services.back().host == "h1023.test");
}

TEST_CASE("a query that is let go calls nobody back, wherever it stood") {
  Resolving dns;
  dns.server.answer({"web.test", kA}, {.records = {a_record("web.test", "10.0.0.1")}});
  for (int turns = 0; turns < 8; ++turns) {
    CAPTURE(turns);
    dns.ask("web.test");
    for (int i = 0; i < turns && !dns.result; ++i) dns.turn();
    const bool answered = dns.result.has_value();
    dns.query.reset();
    for (int i = 0; i < 10; ++i) dns.turn();
    CHECK(dns.result.has_value() == answered);
    dns.result.reset();
  }
}

TEST_CASE("a resolver may go with queries under way, and calls nobody back") {
  for (int turns = 0; turns < 8; ++turns) {
    CAPTURE(turns);
    Resolving dns;
    dns.server.answer({"web.test", kSrv}, {.records = {srv_record("web.test", 0, 0, 80, "a.test")}});
    dns.server.answer({"a.test", kA}, {.records = {a_record("a.test", "10.0.0.1")}});
    dns.ask("web.test", Kind::services);
    for (int i = 0; i < turns && !dns.result; ++i) dns.turn();
    const bool answered = dns.result.has_value();
    dns.resolver.reset();
    for (int i = 0; i < 10; ++i) dns.turn();
    CHECK(dns.result.has_value() == answered);
  }
}

TEST_CASE("a callback may destroy its query and the resolver") {
  Resolving dns;
  dns.server.answer({"web.test", kA}, {.records = {a_record("web.test", "10.0.0.1")}});
  bool called = false;
  dns.query = dns.resolver->query("web.test", Kind::addresses, [&](const Result&) {
    called = true;
    dns.query.reset();
    dns.resolver.reset();
  });
  CHECK(dns.turn_until([&] { return called; }));
}

TEST_CASE("a name that is none is refused, and later") {
  Resolving dns;
  dns.ask(std::string(70, 'a') + ".test");
  CHECK_FALSE(dns.result.has_value());
  REQUIRE(dns.turn_until([&] { return dns.result.has_value(); }));
  CHECK_FALSE(dns.result->has_value());
}

}  // namespace weir::net
