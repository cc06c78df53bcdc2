#include "lb/base/address.h"

#include <doctest/doctest.h>

using weir::base::Cidr;
using weir::base::IpAddress;
using weir::base::SocketAddress;

TEST_CASE("an address keeps its text through parsing and printing") {
  for (const char* text : {"10.0.0.1:80", "[::1]:443", "[fd00::5]:1", "unix:/run/weir.sock", "0.0.0.0:0"}) {
    CAPTURE(text);
    auto address = SocketAddress::parse(text);
    REQUIRE(address.has_value());
    CHECK(address->to_string() == text);
  }
}

TEST_CASE("an address that cannot be meant is refused with its reason") {
  struct Row {
    const char* text;
    const char* reason;
  };
  for (const Row& row :
       {Row{"10.0.0.1", "expected ADDRESS:PORT"}, Row{"10.0.0.1:70000", "port 70000 is not in 1-65535"},
        Row{"10.0.0.1:x", "'x' is not a port number"}, Row{"10.0.0.1:", "'' is not a port number"},
        Row{"10.0.0.300:80", "'10.0.0.300' is not an IP address"},
        Row{"::1:80", "an IPv6 address stands in brackets: [::1]:80"},
        Row{"[10.0.0.1]:80", "only IPv6 addresses stand in brackets"},
        Row{"unix:run", "the path of a unix socket starts with '/'"}}) {
    CAPTURE(row.text);
    auto address = SocketAddress::parse(row.text);
    REQUIRE(!address.has_value());
    CHECK(address.error() == row.reason);
  }
}

TEST_CASE("an address survives the way through the socket API's form") {
  for (const char* text : {"10.1.2.3:8080", "[fd00::5]:1", "unix:/run/weir.sock"}) {
    CAPTURE(text);
    sockaddr_storage native;
    const auto address = SocketAddress::parse(text).value();
    const socklen_t length = address.to_native(native);
    CHECK(SocketAddress::from_native(native, length) == address);
  }
}

TEST_CASE("a block contains its own addresses only") {
  struct Row {
    const char* block;
    const char* address;
    bool contained;
  };
  for (const Row& row :
       {Row{"10.0.0.0/8", "10.255.0.1", true}, Row{"10.0.0.0/8", "11.0.0.1", false},
        Row{"192.168.1.128/25", "192.168.1.127", false}, Row{"192.168.1.128/25", "192.168.1.128", true},
        Row{"fd00::/8", "fd12::1", true}, Row{"fd00::/8", "fe00::1", false},
        Row{"0.0.0.0/0", "8.8.8.8", true}, Row{"0.0.0.0/0", "::1", false}, Row{"::/0", "8.8.8.8", true},
        Row{"127.0.0.1", "127.0.0.1", true}}) {
    CAPTURE(row.block);
    CAPTURE(row.address);
    CHECK(Cidr::parse(row.block).value().contains(IpAddress::parse(row.address).value()) == row.contained);
  }
}

TEST_CASE("a block with bits behind its prefix or too long a prefix is refused") {
  CHECK(Cidr::parse("10.0.0.1/8").error() == "'10.0.0.1/8' has bits set behind its prefix");
  CHECK(Cidr::parse("10.0.0.0/33").error() == "expected a prefix length of 0-32");
  CHECK(!Cidr::parse("lb/8").has_value());
}
