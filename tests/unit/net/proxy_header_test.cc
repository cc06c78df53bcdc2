#include "lb/net/proxy_header.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lb/base/random.h"
#include "lb/base/text.h"
#include "lb/net/proxy_header_format.h"

using namespace std::string_literals;

namespace weir::net {
namespace {

constexpr std::string_view kSignature = proxy_format::kSignature;

ProxyReadResult read_header(std::string_view bytes) {
  // A heap block of exactly this size, so that a sanitizer sees a read past its end.
  const std::vector<char> block(bytes.begin(), bytes.end());
  return read_proxy_header({block.data(), block.size()});
}

ProxyHeader header_of(std::string_view bytes) {
  const ProxyReadResult result = read_header(bytes);
  REQUIRE(result.has_value());
  REQUIRE(result->has_value());
  return (*result)->header;
}

base::SocketAddress address(std::string_view text) { return base::SocketAddress::parse(text).value(); }

std::string number16(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

std::string v2(char command, char kind, const std::string& block) {
  return std::string(kSignature) + command + kind + number16(block.size()) + block;
}

std::string field(char type, const std::string& value) { return type + number16(value.size()) + value; }

const std::string kInet = "\x0a\x00\x00\x01\x0a\x00\x00\x02\x1f\x90\x01\xbb"s;

std::string inet(const std::string& fields) { return v2(0x21, 0x11, kInet + fields); }

// Bit by bit, as RFC 9260 defines it.
std::uint32_t slow_crc32c(std::string_view bytes) {
  std::uint32_t rest = ~0U;
  for (const char c : bytes) {
    rest ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? rest >> 1 ^ 0x82f63b78U : rest >> 1;
  }
  return ~rest;
}

// Puts the right sum into the place of the zeros of its field.
std::string summed(std::string header) {
  const std::size_t at = header.find("\x03\x00\x04\x00\x00\x00\x00"s);
  REQUIRE(at != std::string::npos);
  const std::uint32_t sum = slow_crc32c(header);
  return header.replace(at + 3, 4, number16(sum >> 16) + number16(sum & 0xffff));
}

const std::vector<std::string>& proper_headers() {
  const std::string full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  const std::string ends = full + " " + full + " 65535 65535\r\n";
  static const std::vector<std::string> all{
      "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n",
      "PROXY TCP6 " + ends,
      "PROXY UNKNOWN\r\n",
      "PROXY UNKNOWN " + ends,
      v2(0x20, 0x00, ""),
      v2(0x20, 0x7f, "anything at all"),
      v2(0x21, 0x00, ""),
      v2(0x21, 0x21, std::string(32, 'a') + "\x00\x01\x00\x02"s),
      v2(0x21, 0x31, std::string(216, 'p')),
      summed(inet(field(0x03, "\0\0\0\0"s) + field(0x01, "h2") + field(0x02, "a.test") +
                  field(0x20, "\x07\0\0\0\0"s + field(0x21, "TLSv1.3")))),
  };
  return all;
}

}  // namespace

TEST_CASE("version 1 gives both ends") {
  struct Row {
    std::string_view line;
    std::string_view source;
    std::string_view destination;
  };
  const Row rows[] = {
      {"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "192.0.2.1:56324", "198.51.100.7:443"},
      {"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0:0", "255.255.255.255:65535"},
      {"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "[2001:db8::1]:1", "[::1]:2"},
      {"PROXY TCP6 2001:DB8:0:0:0:0:0:A 2001:0db8::000b 1 2\r\n", "[2001:db8::a]:1", "[2001:db8::b]:2"},
      {"PROXY TCP6 ::ffff:c000:201 ::ffff:192.0.2.2 1 2\r\n", "192.0.2.1:1", "192.0.2.2:2"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const ProxyHeader header = header_of(row.line);
    CHECK(header.version == ProxyVersion::v1);
    REQUIRE(header.ends);
    CHECK(header.ends->source == address(row.source));
    CHECK(header.ends->destination == address(row.destination));
  }
}

TEST_CASE("an unknown protocol of version 1 has no ends, whatever its line says") {
  for (const std::string_view rest :
       {"", " ", " 1.2.3.4 x y", " TCP4 1.1.1.1 2.2.2.2 1 2", " \x01\xff\x00"}) {
    CAPTURE(rest);
    const ProxyHeader header = header_of("PROXY UNKNOWN" + std::string(rest) + "\r\n");
    CHECK(header == ProxyHeader{.version = ProxyVersion::v1});
  }
}

TEST_CASE("what is not exactly version 1 is refused") {
  struct Row {
    std::string_view bytes;
    ProxyRefusal refusal;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n", ProxyRefusal::not_proxy},
      {"\x16\x03\x01", ProxyRefusal::not_proxy},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ProxyRefusal::not_proxy},
      {"proxy TCP4", ProxyRefusal::not_proxy},
      {"PROXY\tTCP4 1.1.1.1 2.2.2.2 1 2\r\n", ProxyRefusal::not_proxy},
      {"PROXY\r\n", ProxyRefusal::not_proxy},
      {"PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n", ProxyRefusal::bad_family},
      {"PROXY \r\n", ProxyRefusal::bad_family},
      {"PROXY TCP5", ProxyRefusal::bad_family},
      {"PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", ProxyRefusal::bad_family},
      {"PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n", ProxyRefusal::bad_family},
      {"PROXY TCP4\r\n", ProxyRefusal::bad_family},
      {"PROXY UNKNOWNS\r\n", ProxyRefusal::bad_family},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n", ProxyRefusal::bad_line},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\rx", ProxyRefusal::bad_line},
      {"PROXY UNKNOWN \r \r\n", ProxyRefusal::bad_line},
      {"PROXY UNKNOWN\n", ProxyRefusal::bad_line},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", ProxyRefusal::bad_line},
      {"PROXY TCP4 \r\n", ProxyRefusal::bad_line},
      {"PROXY TCP4 1.1.1.1  2.2.2.2 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP4 1.1.1.1 2.2.2.2  1 2\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP4 ::1 2.2.2.2 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP4 1.1.1.1 ::1 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP6 1.1.1.1 ::1 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP6 ::1%eth0 ::1 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP6 1::2::3 ::1 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP6 [::1] ::1 1 2\r\n", ProxyRefusal::bad_address},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 99999\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 100000000000000000000\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 00 2\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 -2\r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 \r\n", ProxyRefusal::bad_port},
      {"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\t\r\n", ProxyRefusal::bad_port},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    const ProxyReadResult result = read_header(row.bytes);
    REQUIRE_FALSE(result.has_value());
    CHECK(word(result.error()) == word(row.refusal));
  }
}

TEST_CASE("a line of version 1 ends within 107 bytes") {
  const std::string start = "PROXY UNKNOWN ";
  const std::string longest = start + std::string(105 - start.size(), 'x');
  CHECK(header_of(longest + "\r\n").version == ProxyVersion::v1);
  CHECK(read_header(longest + "x\r\n").error() == ProxyRefusal::too_long);
  CHECK(read_header(longest + "xx").error() == ProxyRefusal::too_long);
  CHECK_FALSE(read_header(longest + "x").value().has_value());
}

TEST_CASE("version 2 gives both ends") {
  const ProxyHeader four = header_of(inet(""));
  CHECK(four == ProxyHeader{.ends = ProxyHeader::Ends{address("10.0.0.1:8080"), address("10.0.0.2:443")}});
  const std::string v6 =
      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"s + "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"s;
  const ProxyHeader six = header_of(v2(0x21, 0x21, v6 + "\xff\xff\x00\x00"s));
  CHECK(six.ends == ProxyHeader::Ends{address("[2001:db8::1]:65535"), address("[::1]:0")});
}

TEST_CASE("a unix socket's end is its path, and one without a path is unnamed") {
  const auto padded = [](std::string path) {
    path.resize(108);
    return path;
  };
  const ProxyHeader header = header_of(v2(0x21, 0x31, padded("") + padded("/run/weir.sock")));
  REQUIRE(header.ends);
  CHECK(header.ends->source == base::SocketAddress::unix_path("unnamed"));
  CHECK(header.ends->destination == base::SocketAddress::unix_path("/run/weir.sock"));
  const ProxyHeader full = header_of(v2(0x21, 0x31, std::string(108, 'a') + padded("\0abstract"s)));
  CHECK(full.ends->source == base::SocketAddress::unix_path(std::string(108, 'a')));
  CHECK(full.ends->destination == base::SocketAddress::unix_path("unnamed"));
}

TEST_CASE("a local connection has no ends and no fields, whatever stands in its header") {
  for (const std::string& block : {""s, kInet, kInet + field(0x01, "h2"), "\x01\xff"s}) {
    for (const char kind : {'\x00', '\x11', '\x7f', '\xff'}) {
      const std::string bytes = v2(0x20, kind, block);
      const ProxyReadResult result = read_header(bytes + "GET");
      REQUIRE(result.value().has_value());
      CHECK((*result)->header == ProxyHeader{.local = true});
      CHECK((*result)->size == bytes.size());
    }
  }
}

TEST_CASE("datagrams and what is unspecified give no ends, but their fields") {
  const std::string name = field(0x02, "a.test");
  const std::pair<char, std::string> rows[] = {{'\x00', ""},
                                               {'\x01', ""},
                                               {'\x10', kInet},
                                               {'\x12', kInet},
                                               {'\x20', std::string(36, 'x')},
                                               {'\x22', std::string(36, 'x')},
                                               {'\x32', std::string(216, 'x')}};
  for (const auto& [kind, ends] : rows) {
    CAPTURE(static_cast<int>(kind));
    CHECK(header_of(v2(0x21, kind, ends + name)) == ProxyHeader{.authority = "a.test"});
  }
}

TEST_CASE("the fields of version 2 are kept, and others are passed over") {
  const std::string tls = "\x03\0\0\0\0"s + field(0x21, "TLSv1.3") + field(0x22, "client 1") +
                          field(0x23, "TLS_AES_128_GCM_SHA256") + field(0x24, "RSA-SHA256") +
                          field(0x25, "RSA2048") + field(0x28, std::string(1500, 'c')) +
                          field(0x26, "X25519");
  const ProxyHeader header =
      header_of(inet(field(0x01, "h2") + field(0x04, "\0\0\0"s) + field(0x04, "") + field(0x02, "a.test") +
                     field(0x05, std::string(128, 'u')) + field(0x20, tls) + field('\xea', "\x01vpce") +
                     field('\xea', "again")));
  CHECK(header.alpn == "h2");
  CHECK(header.authority == "a.test");
  CHECK(header.unique_id == std::string(128, 'u'));
  CHECK(header.ends == ProxyHeader::Ends{address("10.0.0.1:8080"), address("10.0.0.2:443")});
  CHECK(header.tls == ProxyTls{.encrypted = true,
                               .certificate_sent = true,
                               .verified = true,
                               .version = "TLSv1.3",
                               .cipher = "TLS_AES_128_GCM_SHA256",
                               .common_name = "client 1",
                               .signature_algorithm = "RSA-SHA256",
                               .key_algorithm = "RSA2048"});
}

TEST_CASE("a client is verified by a good certificate only") {
  struct Row {
    std::string head;
    ProxyTls tls;
  };
  const Row rows[] = {
      {"\x00\0\0\0\0"s, {}},
      {"\x01\0\0\0\0"s, {.encrypted = true}},
      {"\x01\0\0\0\x01"s, {.encrypted = true}},
      {"\x03\0\0\0\0"s, {.encrypted = true, .certificate_sent = true, .verified = true}},
      {"\x05\0\0\0\0"s, {.encrypted = true, .certificate_in_session = true, .verified = true}},
      {"\x03\0\0\0\x01"s, {.encrypted = true, .certificate_sent = true}},
      {"\x03\x01\0\0\0"s, {.encrypted = true, .certificate_sent = true}},
      {"\xf9\0\0\0\0"s, {.encrypted = true}},
  };
  for (const Row& row : rows) CHECK(header_of(inet(field(0x20, row.head))).tls == row.tls);
}

TEST_CASE("a text of TLS that is too long is left out") {
  const std::string head = "\x01\0\0\0\0"s;
  const auto tls = [&](std::size_t size) {
    return *header_of(inet(field(0x20, head + field(0x22, std::string(size, 'n'))))).tls;
  };
  CHECK(tls(255).common_name.size() == 255);
  CHECK(tls(256).common_name.empty());
}

TEST_CASE("what is not version 2 is refused") {
  struct Row {
    std::string bytes;
    ProxyRefusal refusal;
  };
  const std::string tls = "\x01\0\0\0\0"s;
  const Row rows[] = {
      {"\r\n\r\n\0\r\nQUIX"s, ProxyRefusal::not_proxy},
      {"\r\n\r\nGET"s, ProxyRefusal::not_proxy},
      {std::string(kSignature) + '\x11', ProxyRefusal::bad_version},
      {std::string(kSignature) + '\x31', ProxyRefusal::bad_version},
      {std::string(kSignature) + '\x22', ProxyRefusal::bad_command},
      {std::string(kSignature) + '\x2f', ProxyRefusal::bad_command},
      {std::string(kSignature) + '\x21' + '\x41', ProxyRefusal::bad_family},
      {std::string(kSignature) + '\x21' + '\x13', ProxyRefusal::bad_family},
      {std::string(kSignature) + '\x21' + '\xf1', ProxyRefusal::bad_family},
      {std::string(kSignature) + "\x21\x11\x0f\xf1", ProxyRefusal::too_long},
      {std::string(kSignature) + "\x20\x11\xff\xff", ProxyRefusal::too_long},
      {v2(0x21, 0x11, kInet.substr(1)), ProxyRefusal::bad_length},
      {v2(0x21, 0x12, ""), ProxyRefusal::bad_length},
      {v2(0x21, 0x21, std::string(35, 'x')), ProxyRefusal::bad_length},
      {v2(0x21, 0x31, std::string(215, 'x')), ProxyRefusal::bad_length},
      {inet("\x01"), ProxyRefusal::bad_field},
      {inet("\x01\x00"s), ProxyRefusal::bad_field},
      {inet("\xea\x00\x01"s), ProxyRefusal::bad_field},
      {inet("\x01\xff\xffh2"), ProxyRefusal::bad_field},
      {inet(field(0x01, "h2") + "x"), ProxyRefusal::bad_field},
      {inet(field(0x01, std::string(256, 'a'))), ProxyRefusal::bad_field},
      {inet(field(0x02, std::string(256, 'a'))), ProxyRefusal::bad_field},
      {inet(field(0x05, std::string(129, 'a'))), ProxyRefusal::bad_field},
      {inet(field(0x03, "\0\0\0"s)), ProxyRefusal::bad_field},
      {inet(field(0x03, "\0\0\0\0\0"s)), ProxyRefusal::bad_field},
      {inet(field(0x20, "\x01\0\0\0"s)), ProxyRefusal::bad_field},
      {inet(field(0x20, tls + '\x21')), ProxyRefusal::bad_field},
      {inet(field(0x20, tls + "\x21\x00\x02x"s) + field(0x04, "xx")), ProxyRefusal::bad_field},
      {inet(field(0x01, "h2") + field(0x01, "h2")), ProxyRefusal::double_field},
      {inet(field(0x02, "a") + field(0x02, "b")), ProxyRefusal::double_field},
      {inet(field(0x05, "a") + field(0x05, "b")), ProxyRefusal::double_field},
      {inet(field(0x20, tls) + field(0x20, tls)), ProxyRefusal::double_field},
      {inet(field(0x20, tls + field(0x22, "a") + field(0x22, "b"))), ProxyRefusal::double_field},
      {inet(field(0x03, "\0\0\0\0"s)), ProxyRefusal::wrong_checksum},
      {summed(inet(field(0x03, "\0\0\0\0"s))).replace(16, 1, "\x0b"), ProxyRefusal::wrong_checksum},
      {summed(inet(field(0x03, "\0\0\0\0"s) + field(0x03, "\0\0\0\1"s))), ProxyRefusal::double_field},
  };
  for (const Row& row : rows) {
    CAPTURE(base::escape(row.bytes));
    const ProxyReadResult result = read_header(row.bytes);
    REQUIRE_FALSE(result.has_value());
    CHECK(word(result.error()) == word(row.refusal));
  }
}

TEST_CASE("the checksum is the one of the RFC, over the whole header with zeros in its place") {
  proxy_format::Checksum sum;
  sum.add("123456789");
  CHECK(sum.value() == 0xe3069283U);
  const std::string fields = field(0x01, "h2") + field(0x03, "\0\0\0\0"s) + field(0x02, "a.test");
  CHECK(header_of(summed(inet(fields))).authority == "a.test");
}

TEST_CASE("a checksum finds any change of a bit") {
  const std::string bytes = summed(inet(field(0x03, "\0\0\0\0"s) + field(0x04, "padding")));
  REQUIRE(read_header(bytes).value().has_value());
  for (std::size_t at = proxy_format::kHeadBytes; at < bytes.size(); ++at) {
    const bool removes_the_sum = at == proxy_format::kHeadBytes + kInet.size();  // another type
    if (removes_the_sum) continue;
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
      CHECK_FALSE(read_header(changed).has_value());
    }
  }
}

TEST_CASE("every prefix of a proper header asks for more, and what follows it stays") {
  for (const std::string& bytes : proper_headers()) {
    CAPTURE(base::escape(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      const ProxyReadResult result = read_header(bytes.substr(0, size));
      REQUIRE(result.has_value());
      CHECK_FALSE(result->has_value());
    }
    const ProxyReadResult exact = read_header(bytes);
    const ProxyReadResult longer = read_header(bytes + "GET / HTTP/1.1\r\n");
    REQUIRE(exact.value().has_value());
    REQUIRE(longer.value().has_value());
    CHECK((*exact)->size == bytes.size());
    CHECK((*longer)->size == bytes.size());
    CHECK((*longer)->header == (*exact)->header);
  }
}

TEST_CASE("the longest header of version 2 is read whole, and no more is ever asked for") {
  const std::size_t room = kProxyHeaderBytes - 16 - kInet.size() - 3;
  const std::string bytes = inet(field('\xe0', std::string(room, 'x')));
  REQUIRE(bytes.size() == kProxyHeaderBytes);
  CHECK_FALSE(read_header(bytes.substr(0, bytes.size() - 1)).value().has_value());
  CHECK(read_header(bytes).value()->size == kProxyHeaderBytes);
}

TEST_CASE("no change of a header makes the reader leave it") {
  base::Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = proper_headers()[random.below(proper_headers().size())];
    for (int change = 0; change < 3; ++change) {
      changed[random.below(changed.size())] = static_cast<char>(random.next());
    }
    const ProxyReadResult result = read_header(changed);
    if (result && *result) CHECK((*result)->size <= changed.size());
  }
}

}  // namespace weir::net
