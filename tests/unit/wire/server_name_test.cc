#include "lb/wire/server_name.h"

#include <doctest/doctest.h>

#include <string_view>

namespace weir::wire {

TEST_CASE("the name of a certificate is that of the settings, else of the Host, else the target's address") {
  struct Row {
    std::optional<std::string> configured;
    std::string_view authority;
    std::string_view target;
    std::string_view name;
  };
  const Row rows[] = {
      {std::nullopt, "shop.example", "10.0.0.1:8443", "shop.example"},
      {std::nullopt, "Shop.Example.:443", "10.0.0.1:8443", "shop.example"},
      {std::nullopt, "192.0.2.7:443", "10.0.0.1:8443", "192.0.2.7"},
      {std::nullopt, "[2001:DB8::7]:443", "10.0.0.1:8443", "2001:db8::7"},
      {std::nullopt, "", "10.0.0.1:8443", "10.0.0.1"},
      {std::nullopt, "", "[2001:db8::1]:8443", "2001:db8::1"},
      {std::nullopt, "a..b", "10.0.0.1:8443", "10.0.0.1"},
      {std::nullopt, "%41.example", "10.0.0.1:8443", "10.0.0.1"},
      {"backend.internal", "shop.example", "10.0.0.1:8443", "backend.internal"},
      {"192.0.2.1", "shop.example", "10.0.0.1:8443", "192.0.2.1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.authority);
    CHECK(server_name_for(row.configured, row.authority, *base::SocketAddress::parse(row.target)) ==
          row.name);
  }
}

}  // namespace weir::wire
