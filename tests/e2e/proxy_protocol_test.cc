// The PROXY protocol at a listener: who the client is, is what the header says.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;
using namespace std::string_literals;

namespace {

constexpr const char* kOneWorker = "process: { workers: 1 }\n";  // whose log is in the order of the requests
constexpr const char* kAccept = "    proxy_protocol: accept\n";
constexpr const char* kV1 = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";
const std::string kGet = "GET /head HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string number16(std::size_t number) {
  return {static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
}

// A field of version 2 (proxy-protocol.txt 2.2).
std::string field(char type, const std::string& value) { return type + number16(value.size()) + value; }

// From 192.0.2.7:4711 to 198.51.100.1:443.
const std::string kEnds = "\xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x67\x01\xbb"s;

std::string v2(const std::string& fields = {}, char command = '\x21', char family = '\x11',
               const std::string& ends = kEnds) {
  const std::string rest = ends + fields;
  return "\r\n\r\n\0\r\nQUIT\n"s + command + family + number16(rest.size()) + rest;
}

// ALPN, the name that the client asked for, and TLS with version and cipher.
std::string all_fields() {
  const std::string tls =
      "\x01\0\0\0\0"s + field('\x21', "TLSv1.3") + field('\x23', "TLS_AES_128_GCM_SHA256");
  return field('\x01', "h2") + field('\x02', "shop.example.com") + field('\x05', "id-1") + field('\x20', tls);
}

Answer get(const Daemon& weir, const std::string& header) {
  Connection client(weir.address());
  client.send(header + kGet);
  return client.answer();
}

double rejected(const Daemon& weir) {
  return metric(weir, "weir_connections_rejected_total{listener=\"web\",reason=\"proxy_header\"}");
}

}  // namespace

TEST_CASE("the client is who the PROXY header says, for the target, the log and the rules") {
  struct Row {
    std::string name;
    std::string header;
    std::string client;
    int port;
    std::string entered;  // empty: the listener's own
  };
  const std::string ends6 =
      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x67\x01\xbb"s;
  const Row rows[] = {
      {"version 1", kV1, "192.0.2.7", 4711, "443"},
      {"version 1 of IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n", "2001:db8::7", 4711, "443"},
      {"version 1 that knows nothing", "PROXY UNKNOWN\r\n", "127.0.0.1", 0, ""},
      {"version 2", v2(), "192.0.2.7", 4711, "443"},
      {"version 2 of IPv6", v2({}, '\x21', '\x21', ends6), "2001:db8::7", 4711, "443"},
      {"version 2 with fields", v2(all_fields()), "192.0.2.7", 4711, "443"},
      {"version 2 of the proxy's own", v2({}, '\x20', '\x00', ""), "127.0.0.1", 0, ""},
      {"version 2 of the proxy's own, with ends that do not count", v2({}, '\x20'), "127.0.0.1", 0, ""},
  };
  const Backend backend;
  Daemon weir(web_to(backend.address(), kAccept));
  const std::string own_port = weir.address().substr(weir.address().find(':') + 1);
  std::size_t asked = 0;
  for (const Row& row : rows) {
    INFO(row.name);
    const Answer answer = get(weir, row.header);
    CHECK(answer.status == 200);
    INFO(answer.body);
    CHECK(has(answer.body, "\nX-Forwarded-For: " + row.client + "\n"));
    CHECK(has(answer.body, "\nX-Forwarded-Proto: http\n"));
    CHECK(has(answer.body, "\nX-Forwarded-Port: " + (row.entered.empty() ? own_port : row.entered) + "\n"));
    const std::vector<Json> lines = weir.access_log(++asked);
    REQUIRE(lines.size() == asked);
    CHECK(lines.back()["client"] == row.client);
    if (row.port != 0) CHECK(lines.back()["client_port"] == row.port);
    CHECK(lines.back().contains("proxied_alpn") == (row.name == "version 2 with fields"));
  }
  CHECK(rejected(weir) == 0);
}

TEST_CASE("what the header tells of the client's TLS stands in the log") {
  const Backend backend;
  Daemon weir(kOneWorker + web_to(backend.address(), kAccept));
  CHECK(get(weir, v2(all_fields())).status == 200);
  CHECK(get(weir, v2(field('\x02', "a\"b\r\n\xff.test"))).status == 200);
  const std::vector<Json> lines = weir.access_log(2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["type"] == "http");
  CHECK(lines[0]["proxied_alpn"] == "h2");
  CHECK(lines[0]["proxied_server_name"] == "shop.example.com");
  CHECK(lines[0]["proxied_tls_version"] == "TLSv1.3");
  CHECK(lines[0]["proxied_tls_cipher"] == "TLS_AES_128_GCM_SHA256");
  CHECK(!lines[0].contains("tls_version"));
  // It comes from outside, and yet is one member of one line.
  CHECK(lines[1]["proxied_server_name"].get<std::string>().starts_with("a\"b"));
}

TEST_CASE("a header that comes in pieces is put together, and what follows it at once is not lost") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), kAccept));
  for (const std::string& header : {std::string(kV1), v2(all_fields())}) {
    Connection client(weir.address());
    for (const char byte : header + kGet) client.send({&byte, 1});
    CHECK(has(client.answer().body, "\nX-Forwarded-For: 192.0.2.7\n"));
    // The connection stays the same client's.
    client.send(kGet + kGet);
    CHECK(has(client.answer().body, "\nX-Forwarded-For: 192.0.2.7\n"));
    CHECK(has(client.answer().body, "\nX-Forwarded-For: 192.0.2.7\n"));
  }
}

TEST_CASE("sources and trust go by the client of the header, not by who brought it") {
  const Backend backend;
  Daemon weir(web_to(backend.address(), kAccept +
                                            "    sources: { allow: [192.0.2.0/24], deny: [192.0.2.66] }\n"s +
                                            "    forwarded: { trust: [192.0.2.8] }\n"));
  const auto from = [](const std::string& ip) {
    return fmt::format("PROXY TCP4 {} 198.51.100.1 4711 443\r\n", ip);
  };
  CHECK(get(weir, from("192.0.2.7")).status == 200);
  CHECK(get(weir, from("192.0.2.66")).status == 403);
  CHECK(get(weir, from("203.0.113.1")).status == 403);
  CHECK(get(weir, from("127.0.0.1")).status == 403);
  const auto forwarded = [&](const std::string& ip) {
    Connection client(weir.address());
    client.send(from(ip) + "GET /head HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n");
    return client.answer().body;
  };
  CHECK(has(forwarded("192.0.2.7"), "\nX-Forwarded-For: 192.0.2.7\n"));
  CHECK(has(forwarded("192.0.2.8"), "\nX-Forwarded-For: 203.0.113.9, 192.0.2.8\n"));
}

TEST_CASE("who begins with anything but a header is closed without an answer, and counted") {
  std::string long_length = v2();
  long_length[14] = long_length[15] = '\xff';
  struct Row {
    std::string name;
    std::string bytes;
  };
  const Row rows[] = {
      {"no header", kGet},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n"},
      {"garbage", pattern(5, 4096)},
      {"a client hello", client_hello()},
      {"version 1 with a bad address", "PROXY TCP4 192.0.2.256 198.51.100.1 4711 443\r\n" + kGet},
      {"version 1 with a bad port", "PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n" + kGet},
      {"version 1 without an end", "PROXY TCP4 " + std::string(200, '1')},
      {"version 2 with a bad command", v2({}, '\x22') + kGet},
      {"version 2 that is shorter than its ends", v2({}, '\x21', '\x21') + kGet},
      {"version 2 with a field that leaves it", v2("\x01\xff\xff"s) + kGet},
      {"version 2 that goes on and on", long_length + std::string(70'000, '\0')},
  };
  const Backend backend;
  Daemon weir(kOneWorker + web_to(backend.address(), kAccept));
  double expected = 0;
  for (const Row& row : rows) {
    INFO(row.name);
    Connection client(weir.address());
    client.send_some(row.bytes, kPatience);
    std::string said;
    CHECK(client.closes(kPatience, &said));
    CHECK(said == "");
    CHECK(rejected(weir) == ++expected);
    CHECK(get(weir, kV1).status == 200);
  }
  CHECK(backend.requests() == expected);
  CHECK(weir.access_log(static_cast<std::size_t>(expected)).size() == expected);
  const std::size_t logged = times_logged(weir, " sent no valid PROXY header: ");
  CHECK(logged >= 1);
  CHECK(logged <= 3);  // again when ten seconds have gone by
}

TEST_CASE("a header that does not come in time is not waited for") {
  const Backend backend;
  Daemon weir(kOneWorker + web_to(backend.address(), kAccept + "    timeouts: { header: 500ms }\n"s));
  Connection silent(weir.address()), half(weir.address());
  half.send("PROXY TCP4 192.0.2.7 ");
  CHECK(get(weir, kV1).status == 200);
  std::string said;
  CHECK(silent.closes(kPatience, &said));
  CHECK(half.closes(kPatience, &said));
  CHECK(said == "");
  CHECK(eventually([&] { return rejected(weir) == 2; }));
  CHECK(eventually([&] { return metric(weir, "weir_connections{listener=\"web\"}") == 0; }));
}

TEST_CASE("TLS begins behind the header") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(kOneWorker + https_to(backend.address(), certificates_of(certificates.item("a")), kAccept));
  const TlsOffer offer{.authority = certificates.authority()};
  for (const bool together : {false, true}) {
    INFO(together);
    Connection connection(weir.address());
    const std::string header = v2(all_fields());
    // In one segment with the client's hello, if it is to be so.
    REQUIRE(::send(connection.fd(), header.data(), header.size(), together ? MSG_MORE : 0) ==
            static_cast<ssize_t>(header.size()));
    TlsClient client(std::move(connection), offer);
    const Answer answer = client.get("/head");
    CHECK(has(answer.body, "\nX-Forwarded-For: 192.0.2.7\n"));
    CHECK(has(answer.body, "\nX-Forwarded-Proto: https\n"));
    CHECK(has(answer.body, "\nX-Forwarded-Port: 443\n"));
  }
  const std::vector<Json> lines = weir.access_log(2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1]["type"] == "https");
  CHECK(lines[1]["client"] == "192.0.2.7");
  CHECK(lines[1]["server_name"] == "localhost");
  CHECK(lines[1]["proxied_server_name"] == "shop.example.com");
  CHECK(refusal(weir.address(), offer) != "");
  CHECK(eventually([&] { return rejected(weir) == 1; }));
  CHECK(handshakes(weir, "full") == 2);
}
