// What comes before HTTP: PROXY headers, TLS handshakes, and the preface of HTTP/2.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "lb/net/proxy_header_write.h"
#include "lb/net/tls_server_context.h"
#include "tests/support/certificates.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

using namespace std::chrono_literals;

const std::string kRequest = "GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const std::string kEmptySettings("\0\0\0\4\0\0\0\0\0", 9);

std::string header_of(net::ProxyVersion version, const std::string& source, const std::string& destination) {
  net::ProxyHeader header{.version = version,
                          .ends = net::ProxyHeader::Ends{*base::SocketAddress::parse(source),
                                                         *base::SocketAddress::parse(destination)}};
  std::string text;
  net::write_proxy_header(text, header);
  return text;
}

observe::ListenerTotal web(const Proxy& proxy) {
  const observe::Totals totals = proxy.totals();
  const auto found = std::ranges::find(totals.listeners, "web", &observe::ListenerTotal::listener);
  REQUIRE(found != totals.listeners.end());
  return *found;
}

std::uint64_t rejections(const Proxy& proxy, std::string_view why) {
  const auto counted = web(proxy).rejections;
  const auto found = std::ranges::find(counted, why, &observe::WordTotal::word);
  return found == counted.end() ? 0 : found->count;
}

std::uint64_t handshakes(const Proxy& proxy, std::string_view result) {
  std::uint64_t count = 0;
  for (const observe::WordPairTotal& one : web(proxy).tls_handshakes) {
    if (one.words.first == result) count += one.count;
  }
  return count;
}

void speak_tls(Proxy& proxy) {
  const Certificate certificate = TestAuthority::make("Root").issue({.names = {"shop.example"}});
  net::TlsServerSettings settings;
  auto identity = net::read_tls_identity(certificate.certificate, certificate.key);
  REQUIRE(identity.has_value());
  settings.certificates.push_back({.identity = *std::move(identity), .staple = {}});
  auto context = net::TlsServerContext::make(std::move(settings));
  REQUIRE(context.has_value());
  proxy.tls = *std::move(context);
  proxy.listener_settings().protocol = model::Protocol::https;
  proxy.listener_settings().tls.emplace();
}

}  // namespace

TEST_CASE("a PROXY header says who the client is, and by which port it came") {
  for (const net::ProxyVersion version : {net::ProxyVersion::v1, net::ProxyVersion::v2}) {
    Proxy proxy;
    proxy.listener_settings().proxy_protocol = true;
    auto client = proxy.connect();
    client->send(header_of(version, "203.0.113.7:4711", "192.0.2.1:8443") + kRequest);
    auto target = proxy.accept();
    REQUIRE(target);
    const Message request = target->read();
    CHECK(request.field("x-forwarded-for") == "203.0.113.7");
    CHECK(request.field("x-forwarded-port") == "8443");
    target->send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(client->read().status() == 200);
  }
}

TEST_CASE("a PROXY header that comes byte by byte is one all the same") {
  Proxy proxy({.client_wire = Wire::memory});
  proxy.listener_settings().proxy_protocol = true;
  auto client = proxy.connect();
  client->send(header_of(net::ProxyVersion::v2, "[2001:db8::7]:4711", "[2001:db8::1]:80") + kRequest);
  auto target = proxy.accept();
  REQUIRE(target);
  CHECK(target->read().field("x-forwarded-for") == "2001:db8::7");
}

TEST_CASE("sources are those of the PROXY header") {
  Proxy proxy;
  proxy.listener_settings().proxy_protocol = true;
  proxy.listener_settings().sources.deny = {*base::Cidr::parse("203.0.113.0/24")};
  auto client = proxy.connect();
  client->send(header_of(net::ProxyVersion::v1, "203.0.113.7:1", "192.0.2.1:80") + kRequest);
  CHECK(client->read().status() == 403);
}

TEST_CASE("a client without a PROXY header where one is asked for gets nothing, and is counted") {
  Proxy proxy;
  proxy.listener_settings().proxy_protocol = true;
  auto client = proxy.connect();
  client->send(kRequest);
  CHECK(client->wait_gone());
  CHECK(client->waiting().empty());
  CHECK(rejections(proxy, "proxy_header") == 1);
  CHECK(web(proxy).connections == 0);
}

TEST_CASE("a PROXY header that does not come in time ends the connection") {
  Proxy proxy;
  proxy.listener_settings().proxy_protocol = true;
  auto client = proxy.connect();
  client->send("PROXY TCP4 203.0.113.7");
  proxy.settle();
  proxy.expire(10s);
  CHECK(client->wait_gone());
  CHECK(rejections(proxy, "proxy_header") == 1);
}

TEST_CASE("a listener in the clear with http2 takes HTTP/2 by its preface, and HTTP/1.1") {
  for (const Wire wire : {Wire::tcp, Wire::memory}) {
    Proxy proxy({.client_wire = wire});
    proxy.listener_settings().http2.emplace();
    auto two = proxy.connect();
    two->send(kPreface + kEmptySettings);
    CHECK(two->read_bytes(5).substr(3, 2) == std::string("\4\0", 2));  // its SETTINGS
    auto one = proxy.connect();
    one->send(kRequest);
    auto target = proxy.accept();
    REQUIRE(target);
    CHECK(target->read().start_line == "GET /a HTTP/1.1");
    CHECK(web(proxy).connections_total == std::array<std::uint64_t, 2>{1, 1});
  }
}

TEST_CASE("what begins like the preface and goes on otherwise is read as HTTP/1") {
  Proxy proxy;
  proxy.listener_settings().http2.emplace();
  auto client = proxy.connect();
  client->send("PRI * HTTP/2.1\r\n\r\n");
  CHECK(client->read().status() == 505);
}

TEST_CASE("a client that is silent where HTTP/2 may come has as long as any idle one") {
  Proxy proxy;
  proxy.listener_settings().http2.emplace();
  auto client = proxy.connect();
  proxy.settle();
  proxy.expire(59s);
  CHECK_FALSE(client->gone());
  proxy.expire(2s);
  CHECK(client->wait_gone());
  CHECK(client->waiting().empty());
}

TEST_CASE("HTTP in the clear on a port of TLS is told where to go") {
  Proxy proxy({.log = true});
  speak_tls(proxy);
  auto client = proxy.connect();
  client->send(kRequest);
  const Message answer = client->read();
  CHECK(answer.status() == 400);
  CHECK(answer.body == "400 Bad Request (plain_http): this port speaks HTTPS: https://shop.example/a\n");
  CHECK(client->wait_gone());
  CHECK(proxy.errors("plain_http") == 1);
  CHECK(handshakes(proxy, "plain_http") == 1);
  CHECK(proxy.target().accept_now() == nullptr);
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines.front(), "reason") == "plain_http");
}

TEST_CASE("a handshake that is not over in time ends, whatever comes meanwhile") {
  Proxy proxy;
  speak_tls(proxy);
  proxy.listener_settings().tls->handshake_timeout = 10s;
  auto client = proxy.connect();
  client->send("\x16\x03");
  proxy.settle();
  proxy.expire(9s);
  client->send("\x01");
  proxy.settle();
  proxy.expire(1s + 20ms);
  CHECK(client->wait_gone());
  CHECK(handshakes(proxy, "timeout") == 1);
}

TEST_CASE("garbage instead of a handshake is counted as that") {
  Proxy proxy;
  speak_tls(proxy);
  auto client = proxy.connect();
  client->send("SSH-2.0-OpenSSH_9.2\r\n");
  CHECK(client->wait_gone());
  CHECK(handshakes(proxy, "not_tls") == 1);
}

TEST_CASE("a connection that opens while its listener drains still has its request answered") {
  Proxy proxy;
  proxy.listener_settings().http2.emplace();
  proxy.start();
  auto client = proxy.connect();
  client->send("GET /a ");
  proxy.settle();
  proxy.listener().drain(2s);
  client->send("HTTP/1.1\r\nHost: a\r\n\r\n");
  auto target = proxy.accept();
  REQUIRE(target);
  target->read();
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const Message answer = client->read();
  CHECK(answer.status() == 200);
  CHECK(answer.field("connection") == "close");
}

TEST_CASE("who is silent before a handshake is not waited for when the listener drains") {
  Proxy proxy;
  speak_tls(proxy);
  auto client = proxy.connect();
  proxy.settle();
  proxy.listener().drain(2s);
  proxy.settle();
  CHECK_FALSE(client->gone());
  proxy.expire(2s + 20ms);
  CHECK(client->wait_gone());
  CHECK(proxy.listener().connections() == 0);
}

}  // namespace weir::test
