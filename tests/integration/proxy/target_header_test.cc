// The PROXY protocol to targets.

#include <doctest/doctest.h>

#include <string>

#include "lb/net/proxy_header.h"
#include "lb/net/proxy_header_write.h"
#include "lb/net/tls_client_context.h"
#include "tests/support/proxy.h"
#include "tests/support/tls_peer.h"

namespace weir::test {
namespace {

const std::string kGetOfShop = "GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const std::string kOkOfShop = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Takes the header from the front of what a target gets.
net::ProxyHeader take_header(Proxy& proxy, Peer& target) {
  std::optional<net::ProxyRead> read;
  REQUIRE(proxy.until([&] {
    auto result = net::read_proxy_header(target.waiting());
    if (result && *result) read = **result;
    return read.has_value() || !result || target.gone();
  }));
  REQUIRE(read);
  target.read_bytes(read->size);
  return read->header;
}

void answer(Peer& client, Peer& target) {
  CHECK(target.read().start_line == "GET /a HTTP/1.1");
  target.send(kOkOfShop);
  CHECK(client.read().body == "ok");
}

}  // namespace

TEST_CASE("a connection to a target begins with a header that says who the client is") {
  for (const auto version : {model::SentProxyHeader::v1, model::SentProxyHeader::v2}) {
    Proxy proxy;
    proxy.group_settings().proxy_protocol = version;
    auto client = proxy.connect();
    client->send(kGetOfShop);
    auto target = proxy.accept();
    REQUIRE(target);
    const net::ProxyHeader header = take_header(proxy, *target);
    CHECK(header.version ==
          (version == model::SentProxyHeader::v1 ? net::ProxyVersion::v1 : net::ProxyVersion::v2));
    REQUIRE(header.ends);
    CHECK(header.ends->source.ip().to_string() == "127.0.0.1");
    CHECK(header.ends->destination.ip().to_string() == "127.0.0.1");
    CHECK(header.ends->destination.port() == proxy.port());
    CHECK_FALSE(header.tls);
    answer(*client, *target);
  }
}

TEST_CASE("a connection is kept for the client that it speaks for, and for no other") {
  Proxy proxy;
  proxy.group_settings().proxy_protocol = model::SentProxyHeader::v1;
  auto one = proxy.connect();
  auto other = proxy.connect();
  one->send(kGetOfShop);
  auto of_one = proxy.accept();
  REQUIRE(of_one);
  const auto header = take_header(proxy, *of_one);
  answer(*one, *of_one);
  other->send(kGetOfShop);
  auto of_other = proxy.accept();
  REQUIRE(of_other);
  CHECK(take_header(proxy, *of_other).ends->source != header.ends->source);
  answer(*other, *of_other);
  one->send(kGetOfShop);
  answer(*one, *of_one);
  CHECK(proxy.target().accept_now() == nullptr);
  CHECK(proxy.totals().targets.at(0).idle_connections == 2);
}

TEST_CASE("where no more connections may be kept, that of the client that came last is") {
  Proxy proxy;
  proxy.group_settings().proxy_protocol = model::SentProxyHeader::v2;
  proxy.group_settings().keepalive.max_idle = 1;
  auto one = proxy.connect();
  auto other = proxy.connect();
  one->send(kGetOfShop);
  auto of_one = proxy.accept();
  take_header(proxy, *of_one);
  answer(*one, *of_one);
  other->send(kGetOfShop);
  auto of_other = proxy.accept();
  take_header(proxy, *of_other);
  answer(*other, *of_other);
  CHECK(of_one->wait_gone());
  other->send(kGetOfShop);
  answer(*other, *of_other);
}

TEST_CASE("what a header told weir is passed on") {
  Proxy proxy;
  proxy.listener_settings().proxy_protocol = true;
  proxy.group_settings().proxy_protocol = model::SentProxyHeader::v2;
  const net::ProxyHeader told{.version = net::ProxyVersion::v2,
                              .ends = net::ProxyHeader::Ends{*base::SocketAddress::parse("203.0.113.7:4711"),
                                                             *base::SocketAddress::parse("192.0.2.1:443")},
                              .alpn = "h2",
                              .authority = "shop.example",
                              .unique_id = "id-1",
                              .tls = net::ProxyTls{.encrypted = true, .version = "TLSv1.3"}};
  std::string text;
  net::write_proxy_header(text, told);
  auto client = proxy.connect();
  client->send(text + kGetOfShop);
  auto target = proxy.accept();
  REQUIRE(target);
  CHECK(take_header(proxy, *target) == told);
  answer(*client, *target);
}

TEST_CASE("the header stands in front of TLS") {
  const TestAuthority authority = TestAuthority::make("Root");
  Proxy proxy;
  proxy.group_settings().protocol = model::Protocol::https;
  proxy.group_settings().tls.emplace();
  proxy.group_settings().proxy_protocol = model::SentProxyHeader::v2;
  net::TlsClientSettings settings{.trust = net::TlsTrust::from_pem(authority.pem()).value()};
  proxy.target_tls = net::TlsClientContext::make(std::move(settings)).value();
  const TlsTarget server(authority.issue({.names = {"shop.example"}}));
  auto client = proxy.connect();
  client->send(kGetOfShop);
  auto below = proxy.accept();
  REQUIRE(below);
  CHECK(take_header(proxy, *below).ends.has_value());
  auto target = server.serve(proxy.turns(), std::move(below));
  REQUIRE(target->shake_hands());
  answer(*client, *target);
}

}  // namespace weir::test
