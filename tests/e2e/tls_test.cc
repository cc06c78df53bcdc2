// TLS at a listener, as clients see it.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <map>

#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr const char* kOneUnwatchedWorker = "process: { workers: 1, watch: off }\n";

std::string port_of_daemon(const Daemon& weir) { return weir.address().substr(weir.address().find(':') + 1); }

// A key of tickets, as the file has it.
std::string ticket_key(char letter) {
  // 32 bytes in base64, whose last digit has two bits of them alone.
  std::string key(42, letter);
  return key.append("A=\n");
}

// Beside whatever others do, somebody is served.
void check_serves(const Daemon& weir, const Certificates& certificates) {
  CHECK(ask(weir, certificates).body == "backend");
}

}  // namespace

TEST_CASE("curl is answered over TLS 1.2 and 1.3, and the target and the log are told of it") {
  struct Row {
    std::vector<std::string> options;
    std::string version;
    std::string type;
  };
  const Row rows[] = {
      {{"--http1.1", "--tlsv1.2", "--tls-max", "1.2"}, "TLSv1.2", "https"},
      {{"--http1.1", "--tlsv1.3"}, "TLSv1.3", "https"},
      {{"--http2", "--tlsv1.3"}, "TLSv1.3", "h2"},
  };
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(kOneUnwatchedWorker + https_to(backend.address(), certificates_of(certificates.item("a"))));
  std::size_t asked = 0;
  for (const Row& row : rows) {
    INFO(row.version, " ", row.type);
    const Finished said = curl(weir, certificates, "/head?a=1", row.options);
    INFO(said.err);
    CHECK(said.code == 0);
    CHECK(has(said.out, "\nX-Forwarded-Proto: https\n"));
    CHECK(has(said.out, "\nX-Forwarded-Port: " + port_of_daemon(weir) + "\n"));
    const std::vector<Json> lines = weir.access_log(++asked);
    REQUIRE(lines.size() == asked);
    const Json& line = lines.back();
    CHECK(line["type"] == row.type);
    CHECK(line["tls_version"] == row.version);
    const std::string cipher = line["tls_cipher"];
    CHECK(cipher.starts_with(row.version == "TLSv1.3" ? "TLS_AES_" : "ECDHE-ECDSA-"));
    CHECK(line["server_name"] == "localhost");
    CHECK(line["protocol"] == (row.type == "h2" ? "HTTP/2.0" : "HTTP/1.1"));
    CHECK(line["url"] == fmt::format("https://localhost:{}/head?a=1", port_of_daemon(weir)));
  }
  const Metrics metrics(weir);
  const std::string full = "weir_tls_handshakes_total{listener=\"web\",result=\"full\",version=";
  CHECK(metrics[full + "\"TLSv1.2\"}"] == 1);
  CHECK(metrics[full + "\"TLSv1.3\"}"] == 2);
  CHECK(metrics["weir_connections_total{listener=\"web\",protocol=\"h2\"}"] == 1);
  CHECK(metrics["weir_connections_total{listener=\"web\",protocol=\"http/1.1\"}"] == 2);
}

TEST_CASE("who speaks only older versions than the listener's is refused, and counted") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  std::string least;
  TlsVersions old{};
  SUBCASE("TLS 1.1, whatever is configured") { old = TlsVersions::only_1_1; }
  SUBCASE("TLS 1.2, where 1.3 is asked for") {
    least = ", min_version: \"1.3\"";
    old = TlsVersions::only_1_2;
  }
  Daemon weir(kOneUnwatchedWorker +
              https_to(backend.address(), certificates_of(certificates.item("a")) + least));
  CHECK(has(refusal(weir.address(), {.versions = old}), "protocol version"));
  CHECK(handshakes_become(weir, "no_shared_protocol", 1));
  CHECK(refusal(weir.address(), {.versions = TlsVersions::only_1_3}) == "");
}

TEST_CASE("a client gets the certificate for the name that it asks for, or else the first one") {
  const Backend backend;
  const Certificates certificates;
  const std::string first = certificates.issue("first", {.names = {"first.test"}}).serial;
  const std::string exact = certificates.issue("exact", {.names = {"www.example.com"}}).serial;
  const std::string wild = certificates.issue("wild", {.names = {"*.example.com", "example.com"}}).serial;
  Daemon weir(
      kOneUnwatchedWorker +
      https_to(backend.address(), fmt::format("certificates: [ {}, {}, {} ]", certificates.item("first"),
                                              certificates.item("exact"), certificates.item("wild"))));
  const std::pair<std::string, std::string> rows[] = {
      {"first.test", first},       {"www.example.com", exact},
      {"WWW.Example.COM", exact},  {"shop.example.com", wild},
      {"example.com", wild},       {"a.shop.example.com", first},
      {"nobody.serves.it", first}, {"", first},
  };
  for (const auto& [name, serial] : rows) {
    for (const TlsVersions versions : {TlsVersions::only_1_2, TlsVersions::only_1_3}) {
      INFO(name);
      TlsClient client(weir.address(), {.server_name = name, .versions = versions});
      CHECK(client.serial() == serial);
      CHECK(client.get("/name").body == "backend");
    }
  }
  const Finished said = curl(weir, certificates, "/name", {}, "shop.example.com");
  CHECK(said.out == "backend");
  CHECK(Metrics(weir).sum("weir_tls_unserved_names_total") == 4);
  // Who looks at the certificate ends the handshake; no certificate has to be for an address.
  CHECK(refusal(weir.address(), {.authority = certificates.authority(), .server_name = "typo.example.org"}) !=
        "");
  CHECK(refusal(weir.address(), {.server_name = "127.0.0.1"}) == "");
  CHECK(eventually([&] { return Metrics(weir).sum("weir_tls_unserved_names_total") == 5; }));
  CHECK(times_logged(weir, "asks for a name that no certificate has: 'a.shop.example.com'") == 1);
}

TEST_CASE("of two certificates for one name a client gets the one whose key it knows") {
  const Backend backend;
  const Certificates certificates;
  const std::string rsa = certificates.issue("rsa", {.key = KeyKind::rsa2048}).serial;
  const std::string ecdsa = certificates.issue("ecdsa").serial;
  Daemon weir(kOneUnwatchedWorker +
              https_to(backend.address(), fmt::format("certificates: [ {}, {} ]", certificates.item("rsa"),
                                                      certificates.item("ecdsa"))));
  for (const TlsVersions versions : {TlsVersions::only_1_2, TlsVersions::only_1_3}) {
    const auto serial = [&](const std::string& signatures) {
      return TlsClient(weir.address(), {.versions = versions, .signatures = signatures}).serial();
    };
    CHECK(serial("rsa_pss_rsae_sha256") == rsa);
    CHECK(serial("ECDSA+SHA256") == ecdsa);
    CHECK(serial("ECDSA+SHA256:rsa_pss_rsae_sha256") == ecdsa);
    CHECK(has(refusal(weir.address(), {.versions = versions, .signatures = "ed448"}), "handshake failure"));
  }
  CHECK(handshakes_become(weir, "no_shared_cipher", 2));
}

TEST_CASE("a session is resumed by every worker, and after a reload") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  const std::string yaml = "process: { workers: 2, watch: off }\n" +
                           https_to(backend.address(), certificates_of(certificates.item("a")));
  Daemon weir(yaml);
  double resumed = 0;
  for (const TlsVersions versions : {TlsVersions::only_1_2, TlsVersions::only_1_3}) {
    TlsOffer offer{.authority = certificates.authority(), .versions = versions};
    TlsClient first(weir.address(), offer);
    CHECK(!first.resumed());
    first.get("/name");
    offer.session = first.session();
    const auto resume = [&] {
      TlsClient again(weir.address(), offer);
      CHECK(again.resumed());
      CHECK(again.get("/name").body == "backend");
      ++resumed;
    };
    // Each goes to one of the workers by chance.
    for (int i = 0; i < 16; ++i) resume();
    certificates.issue("a");
    REQUIRE(applied(weir)["result"] == "applied");
    for (int i = 0; i < 4; ++i) resume();
  }
  CHECK(handshakes(weir, "full") == 2);
  CHECK(handshakes(weir, "resumed") == resumed);
}

TEST_CASE("daemons with the same file of ticket keys resume each other's sessions, others do not") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  const auto key_file = [&](const std::string& name, const std::string& text) {
    const std::string path = certificates.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  };
  const auto yaml = [&](const std::string& keys) {
    return kOneUnwatchedWorker +
           https_to(backend.address(),
                    fmt::format("{}, ticket_keys_file: {}", certificates_of(certificates.item("a")), keys));
  };
  const std::string file = key_file("keys", ticket_key('b') + ticket_key('c'));
  Daemon one(yaml(file)), two(yaml(file)), older(yaml(key_file("older", ticket_key('c')))),
      apart(yaml("off"));
  const auto session_of = [](const Daemon& weir) {
    TlsClient client(weir.address());
    client.get("/name");
    return client.session();
  };
  const auto resumes = [](const Daemon& weir, const std::shared_ptr<SSL_SESSION>& session) {
    return TlsClient(weir.address(), {.session = session}).resumed();
  };
  CHECK(resumes(two, session_of(one)));
  CHECK(resumes(one, session_of(older)));
  CHECK(!resumes(older, session_of(one)));
  CHECK(!resumes(apart, session_of(one)));
  CHECK(!resumes(one, session_of(apart)));

  SUBCASE("and the keys are read anew when their file has changed") {
    key_file("keys", ticket_key('d') + ticket_key('b'));
    REQUIRE(applied(one)["result"] == "applied");
    CHECK(!resumes(two, session_of(one)));
    CHECK(resumes(one, session_of(two)));
    CHECK(!resumes(one, session_of(older)));
  }
}

TEST_CASE("an OCSP response is stapled as long as it holds, and as its file says it") {
  const Backend backend;
  const Certificates certificates;
  const Certificate certificate = certificates.issue("a");
  const std::string good = certificates.issuer().ocsp(certificate);
  const std::string file = certificates.write("a.ocsp", good);
  Daemon weir(kOneUnwatchedWorker + https_to(backend.address(), certificates_of(certificates.item(
                                                                    "a", ", ocsp: \"" + file + "\""))));
  const auto staple = [&] {
    return TlsClient(weir.address(), {.authority = certificates.authority(), .staple = true}).staple();
  };
  CHECK(staple() == good);
  CHECK(TlsClient(weir.address()).staple() == "");

  const std::string newer =
      certificates.issuer().ocsp(certificate, {.this_update = -std::chrono::minutes(1)});
  REQUIRE(newer != good);
  certificates.write("a.ocsp", newer);
  REQUIRE(applied(weir)["result"] == "applied");
  CHECK(staple() == newer);

  certificates.write("a.ocsp",
                     certificates.issuer().ocsp(certificate, {.next_update = -std::chrono::minutes(1)}));
  const Json report = applied(weir);
  INFO(report.dump(2));
  CHECK(has(report.dump(), "a.ocsp"));
  CHECK(has(report.dump(), "nothing is stapled"));
  CHECK(staple() == "");
}

TEST_CASE("HTTP in the clear on a port of TLS is told where it belongs, logged and counted") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(kOneUnwatchedWorker + https_to(backend.address(), certificates_of(certificates.item("a"))));
  const std::string host = "localhost:" + port_of_daemon(weir);
  const Answer answer = fetch(weir.address(), "/cart?id=7", "Host: " + host + "\r\n");
  CHECK(answer.status == 400);
  CHECK(has(answer.field("Proxy-Status"), "plain_http"));
  CHECK(has(answer.body, "https://" + host + "/cart?id=7\n"));
  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["status"] == 400);
  CHECK(lines[0]["reason"] == "plain_http");
  CHECK(lines[0]["type"] == "http");
  CHECK(!lines[0].contains("tls_version"));
  CHECK(handshakes(weir, "plain_http") == 1);
  CHECK(metric(weir, "weir_request_errors_total{listener=\"web\",reason=\"plain_http\"}") == 1);
  CHECK(backend.requests() == 0);
  check_serves(weir, certificates);
}

TEST_CASE("a handshake that comes to nothing is counted by what it was, and others are served") {
  const std::string hello = client_hello();
  std::string broken = hello;
  broken[43] = '\x7f';  // the length of the session's id: at most 32
  struct Row {
    std::string result;
    std::string bytes;
  };
  const Row rows[] = {
      {"not_tls", std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09", 10)},
      {"not_tls", "SSH-2.0-OpenSSH_9.2\r\n"},
      {"not_tls", pattern(3, 4096)},
      {"malformed", broken},
      {"too_large", std::string("\x16\x03\x01\x00\x08\x01\xff\xff\xff\x03\x03\x00\x00", 13)},
      {"peer_closed", hello.substr(0, hello.size() / 2)},
      {"peer_closed", hello},
  };
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(kOneUnwatchedWorker + https_to(backend.address(), certificates_of(certificates.item("a"))));
  std::map<std::string, double> expected;
  for (const Row& row : rows) {
    INFO(row.result, " ", row.bytes.size());
    Connection client(weir.address());
    client.send(row.bytes);
    client.shutdown_write();
    CHECK(client.closes());
    CHECK(handshakes_become(weir, row.result, ++expected[row.result]));
    check_serves(weir, certificates);
  }
  CHECK(eventually([&] { return metric(weir, "weir_connections{listener=\"web\"}") == 0; }));
}

TEST_CASE("a client whose handshake does not end in time is closed, however slowly it goes on") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(kOneUnwatchedWorker + https_to(backend.address(), certificates_of(certificates.item("a")) +
                                                                    ", handshake_timeout: 500ms"));
  const std::string hello = client_hello();
  Connection silent(weir.address()), half(weir.address()), slow(weir.address());
  half.send(hello.substr(0, 100));
  check_serves(weir, certificates);
  std::size_t sent = 0;
  CHECK(eventually([&] {
    if (sent + 1 < hello.size()) slow.send_some(std::string_view(hello).substr(sent++, 1), kPatience);
    return slow.at_end();
  }));
  CHECK(sent > 1);
  CHECK(silent.closes());
  CHECK(half.closes());
  CHECK(handshakes_become(weir, "timeout", 3));
  CHECK(times_logged(weir, "a TLS handshake of 127.0.0.1:") >= 1);
  CHECK(times_logged(weir, "failed (timeout): it was not over after 500 ms") >= 1);
  check_serves(weir, certificates);
}

TEST_CASE("many handshakes that fail alike are one line in the log") {
  constexpr int kClients = 50;
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(kOneUnwatchedWorker + https_to(backend.address(), certificates_of(certificates.item("a"))));
  for (int i = 0; i < kClients; ++i) {
    Connection client(weir.address());
    client.send("SSH-2.0-OpenSSH_9.2\r\n");
    CHECK(client.closes());
  }
  CHECK(handshakes_become(weir, "not_tls", kClients));
  const std::size_t logged = times_logged(weir, "a TLS handshake of 127.0.0.1:");
  CHECK(logged >= 1);
  CHECK(logged <= 3);  // again when ten seconds have gone by
  CHECK(weir.access_log().empty());
}

TEST_CASE("nobody gets a second handshake on a connection") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(kOneUnwatchedWorker + https_to(backend.address(), certificates_of(certificates.item("a"))));
  TlsClient client(weir.address(), {.versions = TlsVersions::only_1_2});
  CHECK(client.get("/name").body == "backend");
  std::string said;
  try {
    client.renegotiate();
  } catch (const std::runtime_error& error) {
    said = error.what();
  }
  CHECK(said == "renegotiation: no renegotiation");
  CHECK(handshakes(weir, "full") == 1);
  check_serves(weir, certificates);
}

TEST_CASE("who offers no protocol but such as nobody speaks is refused, and the others agree on one") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  std::string alpn;
  std::string best = "h2";
  SUBCASE("by default") {}
  SUBCASE("without h2") {
    alpn = ", alpn: [http/1.1]";
    best = "";
  }
  Daemon weir(kOneUnwatchedWorker +
              https_to(backend.address(), certificates_of(certificates.item("a")) + alpn));
  CHECK(TlsClient(weir.address(), {.alpn = "http/1.1"}).alpn() == "http/1.1");
  CHECK(TlsClient(weir.address()).alpn() == "");
  if (best.empty()) {
    CHECK(has(refusal(weir.address(), {.alpn = "h2"}), "no application protocol"));
    CHECK(handshakes_become(weir, "no_application_protocol", 1));
  } else {
    CHECK(TlsClient(weir.address(), {.alpn = "h2"}).alpn() == "h2");
  }
  CHECK(has(refusal(weir.address(), {.alpn = "spdy/3"}), "no application protocol"));
  CHECK(refusal(weir.address()) == "");
}
