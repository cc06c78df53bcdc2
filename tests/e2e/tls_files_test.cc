// What is wrong with the files of TLS is told before a client finds it.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr const char* kExpiry = "weir_tls_certificate_expiry_timestamp_seconds{subject=\"CN=localhost\"}";

double seconds_from_now(std::chrono::seconds offset) {
  return static_cast<double>((present() + offset).time_since_epoch().count());
}

// A file of its own with one pair, and what weir says of it.
Finished check(const Certificates& certificates) {
  const std::string file = certificates.write("weir.yaml",
                                              "listeners:\n"
                                              "  web:\n"
                                              "    bind: 127.0.0.1:0\n"
                                              "    protocol: https\n"
                                              "    tls:\n"
                                              "      certificates:\n"
                                              "        - cert: a.pem\n"
                                              "          key: a.key\n"
                                              "    respond: { body: hello }\n");
  return run_weir({"check", "-c", file});
}

// `what` stands behind the file and its place.
void check_says(const Finished& said, const std::string& severity, const std::string& key,
                const std::string& what) {
  const std::string said_at =
      fmt::format("weir.yaml:{}: {}: listeners.web.tls.certificates[0].{}: ", key == "cert" ? "7:17" : "8:16",
                  severity, key);
  INFO(said.out, said.err);
  CHECK(said.code == (severity == "error" ? 1 : 0));
  const std::string all = said.out + said.err;
  const std::size_t at = all.find(said_at);
  REQUIRE(at != std::string::npos);
  const std::string line = all.substr(at, all.find('\n', at) - at);
  CHECK(has(line, key == "cert" ? "/a.pem'" : "/a.key'"));
  CHECK(has(line, what));
}

}  // namespace

TEST_CASE("weir check names what is wrong with a certificate, with its file and its place") {
  const Certificates certificates;
  const Certificate good = certificates.issue("a");

  SUBCASE("nothing") {
    const Finished said = check(certificates);
    INFO(said.out, said.err);
    CHECK(said.code == 0);
    CHECK(!has(said.out + said.err, "warning"));
  }
  SUBCASE("it has expired") {
    certificates.issue("a", {.not_after = -std::chrono::hours(1)});
    check_says(check(certificates), "error", "cert", "the certificate 'CN=localhost' expired at 20");
  }
  SUBCASE("it is not yet valid") {
    certificates.issue("a", {.not_before = std::chrono::hours(1)});
    check_says(check(certificates), "error", "cert", "is not valid before 20");
  }
  SUBCASE("it expires soon") {
    certificates.issue("a", {.not_after = std::chrono::hours(24 * 3 + 1)});
    check_says(check(certificates), "warning", "cert", "expires in 3 days");
  }
  SUBCASE("the key is another one's") {
    certificates.write("a.key", certificates.issuer().issue().key);
    check_says(check(certificates), "error", "key", "its private key does not belong to");
  }
  SUBCASE("the key is weak") {
    certificates.issue("a", {.key = KeyKind::rsa1024});
    check_says(check(certificates), "error", "cert", "an RSA key of 1024 bits");
  }
  SUBCASE("the key has a passphrase") {
    certificates.write("a.key", encrypted_key(good.key));
    check_says(check(certificates), "error", "key", "needs a passphrase");
  }
  SUBCASE("every user may read the key") {
    ::chmod(certificates.path("a.key").c_str(), 0644);
    check_says(check(certificates), "warning", "key", "every user of this machine may read");
  }
  SUBCASE("the chain is missing") {
    certificates.write("a.pem", pem_blocks(good.certificate).front());
    check_says(check(certificates), "warning", "cert", "comes without its issuer 'CN=weir test issuer'");
  }
  SUBCASE("the chain is in the wrong order") {
    const std::vector<std::string> blocks = pem_blocks(good.certificate);
    certificates.write("a.pem", blocks[1] + blocks[0]);
    check_says(check(certificates), "error", "cert", "it must stand first");
  }
  SUBCASE("it is no certificate") {
    certificates.write("a.pem", "hello\n");
    check_says(check(certificates), "error", "cert", "it holds no certificate");
  }
  SUBCASE("it cannot be read") {
    std::filesystem::remove(certificates.path("a.pem"));
    check_says(check(certificates), "error", "cert", "cannot read");
  }
}

TEST_CASE("weir check names what is wrong with the other files of TLS") {
  const Certificates certificates;
  const Certificate certificate = certificates.issue("a");
  certificates.write("bad", "hello\n");
  certificates.write("clients.pem", certificates.root().pem());
  certificates.write("old.crl", certificates.root().crl({}, -std::chrono::minutes(30)));
  certificates.write("old.ca", TestAuthority::make("old", KeyKind::p256, -std::chrono::minutes(30)).pem());
  certificates.write("old.ocsp",
                     certificates.issuer().ocsp(certificate, {.next_update = -std::chrono::hours(1)}));
  struct Row {
    std::string tls;
    std::string severity;
    std::string key;
    std::string what;
  };
  const std::string bad = certificates.path("bad");
  const std::string one = certificates_of(certificates.item("a"));
  const Row rows[] = {
      {fmt::format("{}, ticket_keys_file: \"{}\"", one, bad), "error", "ticket_keys_file",
       "line 1: expected a key: 32 bytes in base64"},
      {fmt::format("{}, client_auth: {{ mode: required, ca: \"{}\" }}", one, bad), "error", "client_auth.ca",
       "it holds no certificate"},
      {fmt::format("{}, client_auth: {{ mode: required, ca: \"{}\", crl: \"{}\" }}", one,
                   certificates.path("clients.pem"), bad),
       "error", "client_auth.crl", "/bad': it holds no revocation list"},
      {fmt::format("{}, client_auth: {{ mode: required, ca: \"{}\", crl: \"{}\" }}", one,
                   certificates.path("clients.pem"), certificates.path("old.crl")),
       "error", "client_auth.crl", "/old.crl': the revocation list of 'CN=weir test root' expired at 20"},
      {fmt::format("{}, client_auth: {{ mode: required, ca: \"{}\" }}", one, certificates.path("old.ca")),
       "error", "client_auth.ca", "/old.ca': the certificate 'CN=old' expired at 20"},
      {certificates_of(certificates.item("a", fmt::format(", ocsp: \"{}\"", certificates.path("old.ocsp")))),
       "warning", "certificates[0].ocsp", "it expired at 20"},
      {certificates_of(certificates.item("a", fmt::format(", ocsp: \"{}\"", bad))), "warning",
       "certificates[0].ocsp", "it holds no OCSP response in DER"},
  };
  for (const Row& row : rows) {
    INFO(row.tls);
    const std::string file = certificates.write("weir.yaml", https_to("127.0.0.1:1", row.tls));
    const Finished said = run_weir({"check", "-c", file});
    const std::string all = said.out + said.err;
    INFO(all);
    CHECK(said.code == (row.severity == "error" ? 1 : 0));
    const std::size_t at = all.find(fmt::format(": {}: listeners.web.tls.{}", row.severity, row.key));
    REQUIRE(at != std::string::npos);
    CHECK(has(all.substr(at, all.find('\n', at) - at), row.what));
  }
}

TEST_CASE("weir starts with a certificate that has expired, says so, and takes other changes meanwhile") {
  const Backend backend;
  const Certificates certificates;
  const std::string serial = certificates.issue("a", {.not_after = -std::chrono::hours(1)}).serial;
  const std::string yaml =
      "process: { watch: off }\n" + https_to(backend.address(), certificates_of(certificates.item("a")));
  Daemon weir(yaml);
  CHECK(times_logged(weir, ": warning: listeners.web.tls.certificates[0].cert: ") == 1);
  CHECK(times_logged(weir, "expired at 20") >= 1);
  TlsClient client(weir.address());
  CHECK(client.serial() == serial);
  CHECK(client.get("/name").body == "backend");
  CHECK(metric(weir, kExpiry) < seconds_from_now({}));

  edit(weir, yaml + "tests: []\nlog: { level: debug }\n");
  CHECK(reload(weir).status == 200);
  certificates.issue("a");
  CHECK(applied(weir)["result"] == "applied");
  CHECK(ask(weir, certificates).body == "backend");
  CHECK(metric(weir, kExpiry) > seconds_from_now({}));
}

TEST_CASE("a certificate that no client would take starts nothing, for whatever reason but its time") {
  const Certificates certificates;
  certificates.issue("a", {.key = KeyKind::rsa1024});
  const std::string file = certificates.write(
      "weir.yaml", kNoState + ("admin: { bind: off }\n" +
                               https_to("127.0.0.1:1", certificates_of(certificates.item("a")))));
  const Finished said = run_weir({"run", "-c", file});
  INFO(said.err);
  CHECK(said.code == 1);
  CHECK(has(said.err, ": error: listeners.web.tls.certificates[0].cert: "));
  CHECK(has(said.err, "an RSA key of 1024 bits"));
}

TEST_CASE("the metrics tell when each certificate in use expires") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("soon", {.not_after = std::chrono::hours(24 * 20)});
  certificates.issue("late", {.not_after = std::chrono::hours(24 * 80)});
  certificates.issue("b", {.names = {"b.test"}, .not_after = std::chrono::hours(24 * 40)});
  Daemon weir(
      "process: { watch: off }\n" +
      https_to(backend.address(), fmt::format("certificates: [ {}, {}, {} ]", certificates.item("late"),
                                              certificates.item("soon"), certificates.item("b"))));
  const auto is_in_days = [&](const std::string& subject, int days) {
    const double at =
        metric(weir, fmt::format("weir_tls_certificate_expiry_timestamp_seconds{{subject=\"{}\"}}", subject));
    const double expected = seconds_from_now(std::chrono::hours(24 * days));
    return at > expected - 3600 && at <= expected;
  };
  CHECK(is_in_days("CN=localhost", 20));  // the first of both
  CHECK(is_in_days("CN=b.test", 40));
  certificates.issue("soon", {.not_after = std::chrono::hours(24 * 90)});
  REQUIRE(applied(weir)["result"] == "applied");
  CHECK(is_in_days("CN=localhost", 80));
}
