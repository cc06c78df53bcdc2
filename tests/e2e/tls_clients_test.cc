// Clients that prove who they are with a certificate.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr const char* kField = "X-Amzn-Mtls-Clientcert-";

// A daemon that asks clients for certificates of an authority of theirs.
class Door {
 public:
  explicit Door(const std::string& mode, const std::string& more = {}) {
    certificates_.issue("a", {.names = {"localhost", "a.test", "b.test"}});
    certificates_.write("clients.pem", clients_.pem());
    weir_.emplace("process: { workers: 1, watch: off }\n" +
                  https_to(backend_.address(),
                           fmt::format("{}, client_auth: {{ mode: {}, ca: \"{}\"{} }}",
                                       certificates_of(certificates_.item("a")), mode,
                                       certificates_.path("clients.pem"),
                                       more.empty() ? more : fmt::format(", {}: \"{}\"", more, crl({})))));
  }

  // A list of them in the place of the one before.
  std::string crl(const std::vector<Certificate>& revoked) const {
    return certificates_.write("clients.crl", clients_.crl(revoked));
  }
  Certificate issue(const std::string& name, CertificateSpec spec = {}) const {
    spec.names = {name};
    spec.client = true;
    return clients_.issue(spec);
  }
  TlsOffer offer(const Certificate& certificate = {}, TlsVersions versions = TlsVersions::all) const {
    return {.authority = certificates_.authority(), .versions = versions, .certificate = certificate};
  }

  const Backend& backend() const { return backend_; }
  const Certificates& certificates() const { return certificates_; }
  const TestAuthority& clients() const { return clients_; }
  Daemon& weir() { return *weir_; }

 private:
  const Backend backend_;
  const Certificates certificates_;
  const TestAuthority clients_ = TestAuthority::make("client root");
  std::optional<Daemon> weir_;
};

// The value of a field of the request that Backend answered with; empty: there is none.
std::string field_of(const std::string& head, const std::string& name) {
  const std::string mark = "\n" + name + ": ";
  const std::size_t at = head.find(mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + mark.size();
  return head.substr(begin, head.find('\n', begin) - begin);
}

}  // namespace

TEST_CASE("where a certificate is required, nobody is served without") {
  Door door("required");
  const Certificate device = door.issue("device-7");
  for (const TlsVersions versions : {TlsVersions::only_1_2, TlsVersions::only_1_3}) {
    CHECK(refusal(door.weir().address(), door.offer({}, versions)) != "");
    CHECK(refusal(door.weir().address(), door.offer(device, versions)) == "");
  }
  CHECK(handshakes_become(door.weir(), "certificate_missing", 2));
  CHECK(handshakes(door.weir(), "full") == 2);
  CHECK(door.backend().requests() == 2);
}

TEST_CASE("where a certificate is optional, who has none is served, and who has a bad one is not") {
  Door door("optional");
  CHECK(refusal(door.weir().address(), door.offer()) == "");
  CHECK(refusal(door.weir().address(), door.offer(door.issue("device-7"))) == "");
  CHECK(refusal(door.weir().address(), door.offer(self_signed({.names = {"device-7"}, .client = true}))) !=
        "");
  CHECK(handshakes_become(door.weir(), "certificate_unknown_ca", 1));
  CHECK(door.backend().requests() == 2);
}

TEST_CASE("the target is told of a client's certificate as ALB tells it, whatever the client says itself") {
  Door door("optional");
  const Certificate device = door.issue("device-7");
  std::string forged = "Host: localhost\r\n";
  for (const char* const name : {"Subject", "Issuer", "Serial-Number", "Leaf", "Fingerprint", "Validity"}) {
    forged += fmt::format("{}{}: forged\r\n", kField, name);
  }
  forged += "x_amzn_mtls_clientcert_subject: forged\r\n";

  TlsClient client(door.weir().address(), door.offer(device));
  for (const std::string& fields : {std::string("Host: localhost\r\n"), forged}) {
    const std::string head = client.get("/head", fields).body;
    INFO(head);
    const auto said = [&](const std::string& name) { return field_of(head, kField + name); };
    CHECK(said("Subject") == "CN=device-7");
    CHECK(said("Issuer") == "CN=client root");
    CHECK(said("Serial-Number") == device.serial);
    CHECK(said("Fingerprint").size() == 64);
    CHECK(said("Leaf").starts_with("-----BEGIN%20CERTIFICATE-----%0A"));
    CHECK(said("Validity").starts_with("NotBefore=20"));
    CHECK(has(said("Validity"), "Z;NotAfter=20"));
    CHECK(!has(head, "forged"));
  }

  TlsClient nobody(door.weir().address(), door.offer());
  const std::string head = nobody.get("/head", forged).body;
  INFO(head);
  CHECK(head.starts_with("GET /head HTTP/1.1\n"));
  CHECK(!has(head, "forged"));
}

TEST_CASE("on a listener that asks for no certificates the fields that tell of them never pass") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir("process: { watch: off }\n" +
              https_to(backend.address(), certificates_of(certificates.item("a"))));
  TlsClient client(weir.address());
  const std::string head =
      client.get("/head", fmt::format("Host: localhost\r\n{}Subject: forged\r\n", kField)).body;
  CHECK(head.starts_with("GET /head HTTP/1.1\n"));
  CHECK(!has(head, "forged"));
}

TEST_CASE("a client whose certificate nobody should take is refused, and counted by the reason") {
  Door door("required");
  const Certificates others;
  struct Row {
    std::string result;
    Certificate certificate;
  };
  const Row rows[] = {
      {"certificate_unknown_ca", others.root().issue({.names = {"device-7"}, .client = true})},
      {"certificate_unknown_ca", self_signed({.names = {"device-7"}, .client = true})},
      {"certificate_expired", door.issue("device-7", {.not_after = -std::chrono::minutes(1)})},
      {"certificate_expired", door.issue("device-7", {.not_before = std::chrono::hours(1)})},
      {"certificate_refused", door.clients().issue({.names = {"device-7"}})},  // a server's
  };
  std::map<std::string, double> expected;
  for (const TlsVersions versions : {TlsVersions::only_1_2, TlsVersions::only_1_3}) {
    for (const Row& row : rows) {
      INFO(row.result);
      CHECK(refusal(door.weir().address(), door.offer(row.certificate, versions)) != "");
      CHECK(handshakes_become(door.weir(), row.result, ++expected[row.result]));
    }
  }
  CHECK(door.backend().requests() == 0);
  CHECK(times_logged(door.weir(), "a TLS handshake of 127.0.0.1:") >= 1);
}

TEST_CASE("a revoked certificate is refused, with the session that it has been given before, too") {
  Door door("required", "crl");
  const Certificate lost = door.issue("lost"), kept = door.issue("kept");
  std::shared_ptr<SSL_SESSION> session;
  {
    TlsClient client(door.weir().address(), door.offer(lost));
    CHECK(client.get("/name").body == "backend");
    session = client.session();
  }
  TlsOffer again = door.offer(lost);
  again.session = session;
  CHECK(TlsClient(door.weir().address(), again).resumed());

  door.crl({lost});
  const Json report = applied(door.weir());
  CHECK(has(report.dump(), "tls.client_auth.crl: what is in "));
  CHECK(refusal(door.weir().address(), again) != "");
  CHECK(refusal(door.weir().address(), door.offer(lost)) != "");
  CHECK(handshakes_become(door.weir(), "certificate_revoked", 2));
  CHECK(refusal(door.weir().address(), door.offer(kept)) == "");
}

TEST_CASE("who has proved who it is for one name gets nothing of another") {
  Door door("optional");
  TlsOffer offer = door.offer(door.issue("device-7"));
  offer.server_name = "a.test";
  TlsClient client(door.weir().address(), offer);
  CHECK(client.get("/name", "Host: a.test\r\n").status == 200);
  CHECK(client.get("/name", "Host: A.test:443\r\n").status == 200);
  const Answer refused = client.get("/name", "Host: b.test\r\n");
  CHECK(refused.status == 421);
  CHECK(has(refused.field("Proxy-Status"), "misdirected"));
  CHECK(client.get("/name", "Host: a.test\r\n").status == 200);
  CHECK(door.backend().requests() == 3);
  const std::vector<Json> lines = door.weir().access_log(4);
  REQUIRE(lines.size() == 4);
  CHECK(lines[2]["status"] == 421);
  CHECK(lines[2]["reason"] == "misdirected");
  CHECK(lines[2]["server_name"] == "a.test");
  CHECK(metric(door.weir(), "weir_request_errors_total{listener=\"web\",reason=\"misdirected\"}") == 1);
}

TEST_CASE("without client certificates a connection serves all names") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a", {.names = {"a.test", "b.test"}});
  Daemon weir("process: { watch: off }\n" +
              https_to(backend.address(), certificates_of(certificates.item("a"))));
  TlsClient client(weir.address(), {.authority = certificates.authority(), .server_name = "a.test"});
  CHECK(client.get("/name", "Host: b.test\r\n").status == 200);
}

TEST_CASE("a client that sends certificates without end is refused before they are all there") {
  Door door("required");
  Certificate device = door.issue("device-7");
  const std::string more = pem_blocks(door.certificates().issuer().pem()).front();
  for (int i = 0; i < 400; ++i) device.certificate += more;
  for (const TlsVersions versions : {TlsVersions::only_1_2, TlsVersions::only_1_3}) {
    CHECK(refusal(door.weir().address(), door.offer(device, versions)) != "");
  }
  CHECK(eventually([&] { return handshakes(door.weir(), "too_large") == 2; }));
  CHECK(refusal(door.weir().address(), door.offer(door.issue("device-8"))) == "");
}
