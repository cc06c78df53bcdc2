#include "lb/proxy/hash_key.h"

#include <doctest/doctest.h>

namespace weir::proxy {
namespace {

using Kind = model::HashKey::Kind;

// A head with a target and fields, as a parser would leave it.
http::RequestHead request(std::string_view target,
                          std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {}) {
  http::RequestHead head;
  for (const auto& [name, value] : fields) head.fields.add(name, value);
  head.target_at = head.fields.append_bytes(target);
  return head;
}

const base::IpAddress kSource = *base::IpAddress::parse("10.1.2.3");

std::optional<std::uint64_t> hash(Kind kind, std::string name, const http::RequestHead& head) {
  return hash_of({kind, std::move(name)}, head, kSource);
}

}  // namespace

TEST_CASE("requests with the same part have the same hash, others another") {
  struct Row {
    const char* what;
    Kind kind;
    std::string name;
    http::RequestHead one, same, other;
  };
  const Row rows[] = {
      {"path", Kind::path, "", request("/a?x=1"), request("/a?x=2"), request("/b?x=1")},
      {"query", Kind::query, "user", request("/a?user=7&x=1"), request("/b?x=2&user=7"),
       request("/a?user=8")},
      {"header", Kind::header, "x-user", request("/", {{"X-User", "7"}}), request("/b", {{"x-user", "7"}}),
       request("/", {{"X-User", "8"}})},
      {"cookie", Kind::cookie, "sid", request("/", {{"Cookie", "a=b; sid=7"}}),
       request("/", {{"Cookie", "sid=7; c=d"}}), request("/", {{"Cookie", "sid=8"}})},
      {"cookies in two fields", Kind::cookie, "sid", request("/", {{"Cookie", "a=b"}, {"Cookie", "sid=7"}}),
       request("/", {{"Cookie", "sid=7"}}), request("/", {{"Cookie", "a=b; sid=9"}})},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto one = hash(row.kind, row.name, row.one);
    REQUIRE(one);
    CHECK(one == hash(row.kind, row.name, row.same));
    CHECK(one != hash(row.kind, row.name, row.other));
  }
}

TEST_CASE("a request without the part has no hash") {
  CHECK_FALSE(hash(Kind::query, "user", request("/a")));
  CHECK_FALSE(hash(Kind::query, "user", request("/a?users=1")));
  CHECK_FALSE(hash(Kind::header, "x-user", request("/a", {{"x-users", "1"}})));
  CHECK_FALSE(hash(Kind::cookie, "sid", request("/a", {{"Cookie", "xsid=1; sidx=2"}})));
  CHECK(hash(Kind::query, "user", request("/a?user")).has_value());
}

TEST_CASE("the client is hashed by its address") {
  const auto one = hash(Kind::source, "", request("/"));
  REQUIRE(one);
  CHECK(one != hash_of({Kind::source, ""}, request("/"), *base::IpAddress::parse("10.1.2.4")));
}

}  // namespace weir::proxy
