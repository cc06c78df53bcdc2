#include "lb/net/proxy_header_write.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace std::string_literals;

namespace weir::net {
namespace {

base::SocketAddress address_of(std::string_view text) { return base::SocketAddress::parse(text).value(); }

std::string written(const ProxyHeader& header) {
  std::string out = "before";
  write_proxy_header(out, header);
  REQUIRE(out.starts_with("before"));
  return out.substr(6);
}

ProxyHeader between(ProxyVersion version, std::string_view source, std::string_view destination) {
  return {.version = version, .ends = ProxyHeader::Ends{address_of(source), address_of(destination)}};
}

ProxyHeader read_back(const std::string& bytes) {
  const auto read = read_proxy_header(bytes);
  REQUIRE(read.has_value());
  REQUIRE(read->has_value());
  CHECK((*read)->size == bytes.size());
  return (*read)->header;
}

ProxyHeader full() {
  ProxyHeader header = between(ProxyVersion::v2, "[2001:db8::1]:1", "[2001:db8::2]:443");
  header.alpn = "h2";
  header.authority = "a.test";
  header.unique_id = "\x01\x00\x02"s;
  header.tls = {.encrypted = true,
                .certificate_sent = true,
                .certificate_in_session = true,
                .verified = true,
                .version = "TLSv1.3",
                .cipher = "TLS_AES_128_GCM_SHA256",
                .common_name = "client",
                .signature_algorithm = "RSA-SHA256",
                .key_algorithm = "RSA2048"};
  return header;
}

}  // namespace

TEST_CASE("version 1 is one line") {
  struct Row {
    ProxyHeader header;
    std::string_view line;
  };
  constexpr ProxyVersion kV1 = ProxyVersion::v1;
  const Row rows[] = {
      {between(kV1, "192.0.2.1:56324", "198.51.100.7:443"),
       "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"},
      {between(kV1, "[2001:db8::1]:0", "[::1]:65535"), "PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"},
      {between(kV1, "192.0.2.1:1", "[::1]:2"), "PROXY TCP6 ::ffff:c000:201 ::1 1 2\r\n"},
      {between(kV1, "[::1]:1", "192.0.2.1:2"), "PROXY TCP6 ::1 ::ffff:c000:201 1 2\r\n"},
      {between(kV1, "unix:/a", "unix:/b"), "PROXY UNKNOWN\r\n"},
      {between(kV1, "192.0.2.1:1", "unix:/b"), "PROXY UNKNOWN\r\n"},
      {{.version = kV1}, "PROXY UNKNOWN\r\n"},
      {{.version = kV1, .local = true}, "PROXY UNKNOWN\r\n"},
      {{.version = kV1, .alpn = "h2", .authority = "a.test"}, "PROXY UNKNOWN\r\n"},
  };
  for (const Row& row : rows) CHECK(written(row.header) == row.line);
}

TEST_CASE("version 2 is the signature, the kind, the ends and the fields") {
  const std::string start = "\r\n\r\n\0\r\nQUIT\n"s;
  ProxyHeader header = between(ProxyVersion::v2, "10.0.0.1:8080", "10.0.0.2:443");
  const std::string ends = "\x0a\0\0\x01\x0a\0\0\x02\x1f\x90\x01\xbb"s;
  CHECK(written(header) == start + "\x21\x11\0\x0c"s + ends);
  header.alpn = "h2";
  header.authority = "a.test";
  header.tls = ProxyTls{.encrypted = true, .version = "TLSv1.2"};
  CHECK(written(header) == start + "\x21\x11\0\x2c"s + ends + "\x01\0\x02h2"s + "\x02\0\x06"s + "a.test" +
                               "\x20\0\x0f\x01\0\0\0\x01"s + "\x21\0\x07TLSv1.2"s);
  CHECK(written({}) == start + "\x21\0\0\0"s);
  CHECK(written({.alpn = "h2"}) == start + "\x21\0\0\x05\x01\0\x02h2"s);
  CHECK(written({.local = true, .ends = header.ends, .alpn = "h2"}) == start + "\x20\0\0\0"s);
}

TEST_CASE("what was written reads back") {
  const std::string path(108, 'p');
  const base::SocketAddress unnamed = base::SocketAddress::unix_path("unnamed");
  const ProxyHeader headers[] = {
      {.version = ProxyVersion::v1},
      between(ProxyVersion::v1, "192.0.2.1:56324", "198.51.100.7:443"),
      between(ProxyVersion::v1, "[2001:db8::1]:0", "[::1]:65535"),
      between(ProxyVersion::v1, "192.0.2.1:1", "[::1]:2"),
      {},
      {.local = true},
      {.authority = "a.test"},
      between(ProxyVersion::v2, "192.0.2.1:56324", "198.51.100.7:443"),
      between(ProxyVersion::v2, "192.0.2.1:1", "[::1]:2"),
      between(ProxyVersion::v2, "unix:/a", "unix:/b"),
      {.ends = ProxyHeader::Ends{unnamed, base::SocketAddress::unix_path(path)}},
      full(),
  };
  for (const ProxyHeader& header : headers) {
    CAPTURE(written(header));
    CHECK(read_back(written(header)) == header);
  }
}

TEST_CASE("an unnamed end has an empty path on the wire") {
  const base::SocketAddress unnamed = base::SocketAddress::unix_path("unnamed");
  CHECK(written({.ends = ProxyHeader::Ends{unnamed, unnamed}}).substr(16) == std::string(216, '\0'));
}

TEST_CASE("what has no room in the header is left out") {
  const base::SocketAddress unnamed = base::SocketAddress::unix_path("unnamed");
  const base::SocketAddress deep = base::SocketAddress::unix_path(std::string(109, 'p'));
  CHECK(read_back(written({.ends = ProxyHeader::Ends{unnamed, deep}})) == ProxyHeader{});
  CHECK(read_back(written({.ends = ProxyHeader::Ends{deep, unnamed}})) == ProxyHeader{});
  ProxyHeader header = full();
  header.alpn.assign(256, 'a');
  header.authority.assign(256, 'a');
  header.unique_id.assign(129, 'a');
  header.tls->common_name.assign(70'000, 'a');
  const ProxyHeader back = read_back(written(header));
  CHECK(back.alpn.empty());
  CHECK(back.authority.empty());
  CHECK(back.unique_id.empty());
  CHECK(back.tls->common_name.empty());
  CHECK(back.tls->cipher == header.tls->cipher);
}

TEST_CASE("the longest header that can be written is read") {
  const auto text = [](char c) { return std::string(kProxyTextBytes, c); };
  ProxyHeader header;
  header.ends = ProxyHeader::Ends{base::SocketAddress::unix_path(std::string(108, 'a')),
                                  base::SocketAddress::unix_path(std::string(108, 'b'))};
  header.alpn = text('c');
  header.authority = text('d');
  header.unique_id.assign(kProxyUniqueIdBytes, 'e');
  header.tls = ProxyTls{.encrypted = true,
                        .version = text('f'),
                        .cipher = text('g'),
                        .common_name = text('h'),
                        .signature_algorithm = text('i'),
                        .key_algorithm = text('j')};
  const std::string bytes = written(header);
  CHECK(bytes.size() <= kProxyHeaderBytes);
  CHECK(read_back(bytes) == header);
}

}  // namespace weir::net
