#include "lb/net/dns_message.h"

#include <doctest/doctest.h>

#include "lb/base/random.h"
#include "tests/support/dns_reply.h"

using namespace std::chrono_literals;

namespace weir::net {
namespace {

using Result = std::expected<DnsRecords, DnsFailure>;

const std::string kQuery = test::query_for({"web.test", 33});

Result read_message(const std::string& message, DnsType type = DnsType::srv) {
  // A heap block of exactly this size, so that a sanitizer sees a read past its end.
  const std::vector<std::uint8_t> bytes(message.begin(), message.end());
  return read_dns_answer(bytes, type);
}

test::DnsReply services() {
  return {.records = {test::cname_record("web.test", "www.test", 90),
                      test::srv_record("www.test", 1, 2, 3, "A.test", 80),
                      test::srv_record("www.test", 4, 5, 6, "b.test", 70)},
          .additional = {test::srv_record("www.test", 0, 0, 1, "evil.test", 1)}};
}

}  // namespace

TEST_CASE("an answer gives the records of its answer section, and the least TTL") {
  const Result records = read_message(test::message_of(kQuery, services()));
  REQUIRE(records.has_value());
  CHECK(records->time_to_live == 70s);
  CHECK(records->services == std::vector<ServiceRecord>{{"a.test", 1, 2, 3}, {"b.test", 4, 5, 6}});
}

TEST_CASE("records of other types and classes are passed over, with their TTLs") {
  test::DnsReply reply = services();
  reply.records.push_back({"www.test", 16, 1, "text"});
  CHECK(read_message(test::message_of(kQuery, reply))->time_to_live == 70s);
  CHECK(read_message(test::message_of(kQuery, reply), DnsType::a).error() == DnsFailure::no_data);
}

TEST_CASE("a TTL with the highest bit set is 0") {
  const test::DnsReply reply{.records = {test::a_record("web.test", "10.0.0.1", 0x80000000U)}};
  CHECK(read_message(test::message_of(kQuery, reply), DnsType::a)->time_to_live == 0s);
}

TEST_CASE("every cut of an answer is malformed up to the end of its answer section") {
  test::DnsReply reply = services();
  reply.additional.clear();
  const std::string message = test::message_of(kQuery, reply);
  CHECK(read_message(message).has_value());
  for (std::size_t size = 0; size < message.size(); ++size) {
    CAPTURE(size);
    CHECK(read_message(message.substr(0, size)).error() == DnsFailure::malformed);
  }
}

TEST_CASE("no change of a byte makes the reader leave the message") {
  const std::string message = test::message_of(kQuery, services());
  for (std::size_t at = 0; at < message.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x3f, 0x40, 0x80, 0xc0, 0xff}) {
      std::string changed = message;
      changed[at] = static_cast<char>(value);
      const Result records = read_message(changed);
      if (records) CHECK(records->services.size() <= 4);
    }
  }
  base::Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = message;
    for (int change = 0; change < 4; ++change)
      changed[random.below(changed.size())] = static_cast<char>(random.next());
    const Result records = read_message(changed);
    if (records) CHECK(records->services.size() <= 4);
  }
}

}  // namespace weir::net
