#include "lb/server/dns_membership.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

using namespace std::chrono_literals;

namespace weir::server {
namespace {

using net::DnsAnswer;
using net::DnsFailure;
using Answer = std::expected<DnsAnswer, DnsFailure>;

base::IpAddress ip(const std::string& text) { return *base::IpAddress::parse(text); }

DnsAnswer answer(std::initializer_list<const char*> addresses, base::Duration time_to_live = 5s) {
  DnsAnswer answer{.time_to_live = time_to_live};
  for (const char* address : addresses) answer.addresses.push_back(ip(address));
  return answer;
}

model::DnsTarget web(std::uint32_t weight = 1) {
  model::DnsTarget target;
  target.name = "web.test";
  target.port = 80;
  target.weight = weight;
  return target;
}

struct Name {
  explicit Name(const model::DnsTarget& settings = web()) : membership(settings) {}

  DnsMembership::Change record(const Answer& answer) {
    asked = now;
    return membership.record(answer, now);
  }
  // Answers all alike, each when it is due, for `time`.
  void pass(base::Duration time, const Answer& answer) {
    const base::Instant until = now + time;
    while (membership.next_refresh() <= until) {
      now = std::max(now, membership.next_refresh());
      record(answer);
    }
    now = until;
  }
  base::Duration wait() const { return membership.next_refresh() - asked; }
  std::set<std::string> members() const {
    std::set<std::string> texts;
    for (const auto& [address, member] : membership.members()) texts.insert(address.to_string());
    return texts;
  }
  std::map<std::string, std::uint32_t> weights() const {
    std::map<std::string, std::uint32_t> result;
    for (const auto& [address, member] : membership.members()) result[address.to_string()] = member.weight;
    return result;
  }

  base::Instant now{1h};
  base::Instant asked{};  // for the last time
  DnsMembership membership;
};

using Members = std::set<std::string>;
using Weights = std::map<std::string, std::uint32_t>;

}  // namespace

TEST_CASE("the addresses of the first answer join, with the name's port and weight") {
  Name name(web(7));
  const auto change = name.record(answer({"10.0.0.1", "2001:db8::1"}));
  CHECK(change.joined.size() == 2);
  CHECK(name.weights() == Weights{{"10.0.0.1:80", 7}, {"[2001:db8::1]:80", 7}});
  CHECK(name.membership.result() == DnsResult::ok);
  CHECK(name.record(answer({"10.0.0.1", "2001:db8::1"})).joined.empty());
}

TEST_CASE("the next refresh is when the TTL is over, within 1 s and 1 h") {
  struct Row {
    base::Duration time_to_live;
    base::Duration wait;
  };
  for (const Row& row : {Row{0s, 1s}, Row{1s, 1s}, Row{45s, 45s}, Row{1h, 1h}, Row{24h * 365, 1h}}) {
    CAPTURE(row.time_to_live.count());
    Name name;
    name.record(answer({"10.0.0.1"}, row.time_to_live));
    CHECK(name.wait() == row.wait);
  }
}

TEST_CASE("failures change no member, and come again in 1, 2, 4 ... 30 s") {
  struct Row {
    Answer answer;
    DnsResult result;
  };
  const std::vector<Row> rows = {{std::unexpected(DnsFailure::no_such_name), DnsResult::nxdomain},
                                 {std::unexpected(DnsFailure::no_data), DnsResult::empty},
                                 {std::unexpected(DnsFailure::timeout), DnsResult::failed},
                                 {std::unexpected(DnsFailure::server_failure), DnsResult::failed},
                                 {std::unexpected(DnsFailure::refused), DnsResult::failed},
                                 {std::unexpected(DnsFailure::malformed), DnsResult::failed},
                                 {answer({}), DnsResult::empty},
                                 {answer({"0.0.0.0", "::"}), DnsResult::empty}};
  for (const Row& row : rows) {
    Name name;
    name.record(answer({"10.0.0.1"}));
    CHECK(name.record(row.answer).before == DnsResult::ok);
    CHECK(name.membership.result() == row.result);
    for (const base::Duration wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
      CHECK(name.wait() == wait);
      name.now += wait;
      CHECK(name.record(row.answer).left.empty());
    }
    name.pass(2h, row.answer);
    CHECK(name.members() == Members{"10.0.0.1:80"});
    CHECK(name.record(answer({"10.0.0.1"})).before == row.result);
    CHECK(name.membership.result() == DnsResult::ok);
    name.record(row.answer);
    CHECK(name.wait() == 1s);
  }
}

TEST_CASE("an address leaves after two answers and 30 s without it, whatever the TTL") {
  for (const base::Duration time_to_live : {1s, 7s, 29s, 30s, 31s, 3600s}) {
    CAPTURE(time_to_live.count());
    Name name;
    name.record(answer({"10.0.0.1", "10.0.0.2"}, time_to_live));
    const Answer without = answer({"10.0.0.1"}, time_to_live);
    name.now = name.membership.next_refresh();
    name.record(without);
    name.pass(29s, without);
    CHECK(name.members().size() == 2);
    name.pass(8s, without);
    CHECK(name.members() == Members{"10.0.0.1:80"});
    CHECK(name.wait() == time_to_live);
  }
}

TEST_CASE("an address that is named again begins anew") {
  Name name;
  const Answer both = answer({"10.0.0.1", "10.0.0.2"}, 10s);
  const Answer one = answer({"10.0.0.1"}, 10s);
  name.record(both);
  for (int i = 0; i < 20; ++i) {
    name.now += 10s;
    name.record(i % 4 == 3 ? both : one);
  }
  CHECK(name.members().size() == 2);
}

TEST_CASE("failures between do not count as absence") {
  Name name;
  name.record(answer({"10.0.0.1", "10.0.0.2"}));
  name.record(answer({"10.0.0.1"}));
  name.pass(10min, std::unexpected(DnsFailure::timeout));
  CHECK(name.members().size() == 2);
  CHECK(name.record(answer({"10.0.0.1"})).left.size() == 1);
}

TEST_CASE("the addresses of a family that was not answered stay, those of the other may leave") {
  Name name;
  name.record(answer({"10.0.0.1", "10.0.0.2", "2001:db8::1"}));
  DnsAnswer ipv4_only = answer({"10.0.0.1"});
  ipv4_only.ipv6_complete = false;
  name.pass(10min, ipv4_only);
  CHECK(name.members() == Members{"10.0.0.1:80", "[2001:db8::1]:80"});
  CHECK(name.wait() <= 5s);
  name.pass(40s, answer({"10.0.0.1"}));
  CHECK(name.members() == Members{"10.0.0.1:80"});
}

TEST_CASE("at most 1024 addresses are members: the first in order, and the rest is counted") {
  Name name;
  DnsAnswer many{.time_to_live = 5s};
  for (int i = 1099; i >= 0; --i)
    many.addresses.push_back(ip(fmt::format("10.0.{}.{}", i / 250, i % 250 + 1)));
  name.record(many);
  CHECK(name.membership.members().size() == DnsMembership::kMost);
  CHECK(name.membership.left_out() == 1100 - DnsMembership::kMost);
  CHECK(name.membership.result() == DnsResult::truncated);
  CHECK(name.members().contains("10.0.4.24:80"));
  CHECK_FALSE(name.members().contains("10.0.4.25:80"));

  // Others take the places of those that are not named any more.
  DnsAnswer others{.time_to_live = 5s};
  for (int i = 0; i < 1000; ++i)
    others.addresses.push_back(ip(fmt::format("10.1.{}.{}", i / 250, i % 250 + 1)));
  const auto change = name.record(others);
  CHECK(change.joined.size() == 1000);
  CHECK(change.left.size() == 1000);
  CHECK(name.membership.members().size() == DnsMembership::kMost);
  CHECK(name.membership.result() == DnsResult::ok);
}

TEST_CASE("the weights of SRV records multiply the configured one, within 0 and 999") {
  struct Row {
    std::uint32_t configured;
    std::vector<std::uint16_t> records;
    std::vector<std::uint32_t> weights;
  };
  const std::vector<Row> rows = {{1, {1, 2}, {1, 2}},
                                 {3, {1, 2}, {3, 6}},
                                 {1, {0, 0}, {1, 1}},
                                 {1, {0, 10}, {1, 10}},
                                 {0, {5, 10}, {0, 0}},
                                 {1, {999, 1}, {999, 1}},
                                 {1, {10000, 20000}, {500, 999}},
                                 {999, {65535, 1}, {999, 1}}};
  for (const Row& row : rows) {
    CAPTURE(row.configured);
    CAPTURE(row.records.front());
    Name name(web(row.configured));
    DnsAnswer services{.time_to_live = 5s};
    for (std::size_t i = 0; i < row.records.size(); ++i)
      services.services.push_back({"h", 8080, row.records[i], {ip(fmt::format("10.0.0.{}", i + 1))}});
    name.record(services);
    CHECK(name.weights() == Weights{{"10.0.0.1:8080", row.weights[0]}, {"10.0.0.2:8080", row.weights[1]}});
  }
}

TEST_CASE("a host and port that several SRV records name is one member with all their weight") {
  Name name;
  DnsAnswer services{.time_to_live = 5s};
  services.services.push_back({"a", 80, 2, {ip("10.0.0.1")}});
  services.services.push_back({"b", 80, 3, {ip("10.0.0.1")}});
  services.services.push_back({"b", 81, 3, {ip("10.0.0.1")}});
  services.services.push_back({"b", 0, 3, {ip("10.0.0.1")}});
  name.record(services);
  CHECK(name.weights() == Weights{{"10.0.0.1:80", 5}, {"10.0.0.1:81", 3}});
}

TEST_CASE("another weight is taken over without a join") {
  Name name;
  DnsAnswer services{.time_to_live = 5s};
  services.services.push_back({"a", 80, 2, {ip("10.0.0.1")}});
  name.record(services);
  services.services[0].weight = 4;
  CHECK(name.record(services).joined.empty());
  CHECK(name.weights() == Weights{{"10.0.0.1:80", 4}});
}

}  // namespace weir::server
