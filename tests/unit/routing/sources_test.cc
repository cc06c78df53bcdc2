#include "lb/routing/sources.h"

#include <doctest/doctest.h>

#include "lb/base/random.h"
#include "tests/unit/routing/request.h"

namespace weir::routing {
namespace {

model::Sources sources(std::initializer_list<const char*> allow, std::initializer_list<const char*> deny) {
  model::Sources result;
  for (const char* const text : allow) result.allow.push_back(base::Cidr::parse(text).value());
  for (const char* const text : deny) result.deny.push_back(base::Cidr::parse(text).value());
  return result;
}

bool allows(const model::Sources& sources, std::string_view text) {
  return SourceFilter(sources).allows(test::address(text));
}

bool allowed_by_definition(const model::Sources& sources, const base::IpAddress& address) {
  std::optional<unsigned> longest;
  bool allowed = sources.allow.empty();
  for (const base::Cidr& cidr : sources.allow) {
    if (!cidr.contains(address) || (longest && *longest >= cidr.prefix)) continue;
    longest = cidr.prefix;
    allowed = true;
  }
  for (const base::Cidr& cidr : sources.deny) {
    if (!cidr.contains(address) || (longest && *longest > cidr.prefix)) continue;
    longest = cidr.prefix;
    allowed = false;
  }
  return allowed;
}

TEST_CASE("without networks everybody is allowed") {
  CHECK(allows({}, "10.0.0.1"));
  CHECK(allows({}, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  CHECK(allows({}, "::"));
}

TEST_CASE("where some are allowed, others are not") {
  const model::Sources some = sources({"10.0.0.0/8", "2001:db8::/32"}, {});
  CHECK(allows(some, "10.255.255.255"));
  CHECK_FALSE(allows(some, "11.0.0.0"));
  CHECK(allows(some, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
  CHECK_FALSE(allows(some, "2001:db9::"));
}

TEST_CASE("where some are denied only, others are allowed") {
  CHECK_FALSE(allows(sources({}, {"10.0.0.0/8"}), "10.1.1.1"));
  CHECK(allows(sources({}, {"10.0.0.0/8"}), "9.255.255.255"));
}

TEST_CASE("the longest prefix decides, and deny where both have it") {
  const model::Sources nested = sources({"10.1.0.0/16", "10.1.1.1"}, {"10.0.0.0/8", "10.1.1.0/24"});
  CHECK(allows(nested, "10.1.2.3"));
  CHECK_FALSE(allows(nested, "10.2.2.3"));
  CHECK_FALSE(allows(nested, "10.1.1.2"));
  CHECK(allows(nested, "10.1.1.1"));
  CHECK_FALSE(allows(sources({"10.0.0.0/8"}, {"10.0.0.0/8"}), "10.0.0.1"));
  CHECK(allows(sources({"::/0"}, {}), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  CHECK_FALSE(allows(sources({}, {"ffff::/16"}), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST_CASE("any networks decide as the definition says") {
  base::Random random(4);
  const auto address = [&] {
    base::IpAddress result;
    for (std::uint8_t& byte : result.bytes) byte = static_cast<std::uint8_t>(random.below(2) == 0 ? 0 : 0xff);
    return result;
  };
  for (int i = 0; i < 500; ++i) {
    model::Sources random_sources;
    for (std::uint64_t n = random.below(8); n > 0; --n) {
      base::Cidr cidr{address(), static_cast<unsigned>(random.below(129))};
      for (unsigned bit = cidr.prefix; bit < 128; ++bit) {
        cidr.network.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
      }
      (random.below(2) == 0 ? random_sources.allow : random_sources.deny).push_back(cidr);
    }
    const SourceFilter filter(random_sources);
    for (int k = 0; k < 20; ++k) {
      const base::IpAddress from = address();
      CAPTURE(from.to_string());
      REQUIRE(filter.allows(from) == allowed_by_definition(random_sources, from));
    }
  }
}

}  // namespace
}  // namespace weir::routing
