#include "lb/net/tls_check.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/certificates.h"

using namespace std::chrono_literals;

namespace weir::net {
namespace {

using test::KeyKind;
using test::TestAuthority;

constexpr auto kDay = 24h;

// "error certificate certificate-expired" and so on.
std::vector<std::string> findings_of(const std::string& certificate, const std::string& key,
                                     std::chrono::seconds after = 0s) {
  std::vector<std::string> texts;
  for (const TlsFinding& each : check_certificate(certificate, key, test::present() + after)) {
    const std::string severity = each.severity == TlsSeverity::error ? "error " : "warning ";
    texts.push_back(severity + std::string(word(each.file)) + ' ' + std::string(each.id));
  }
  return texts;
}

// Of the only finding.
std::string message_of(const test::Certificate& pair, std::chrono::seconds after = 0s) {
  const auto findings = check_certificate(pair.certificate, pair.key, test::present() + after);
  REQUIRE(findings.size() == 1);
  return findings.front().message;
}

using Texts = std::vector<std::string>;

TestAuthority between() { return TestAuthority::make("root").intermediate("between"); }

}  // namespace

TEST_CASE("nothing is wrong with a pair that clients take") {
  const TestAuthority root = TestAuthority::make("root");
  const test::Certificate issued = root.intermediate("between").issue();
  CHECK(findings_of(issued.certificate, issued.key) == Texts{});
  CHECK(findings_of(issued.certificate + root.pem(), issued.key) == Texts{});
  for (const KeyKind kind : {KeyKind::rsa2048, KeyKind::p384, KeyKind::ed25519}) {
    const test::Certificate self = test::self_signed({.key = kind});
    CHECK(findings_of(self.certificate, self.key) == Texts{});
  }
}

TEST_CASE("the times of a certificate are told before its clients find out") {
  const test::Certificate pair = between().issue({.not_before = 1h, .not_after = 90 * kDay});
  struct Row {
    std::chrono::seconds after;
    Texts findings;
  };
  const std::vector<Row> rows = {
      {0s, {"error certificate certificate-not-yet-valid"}},
      {2h, {}},
      {75 * kDay, {}},
      {76 * kDay + 1h, {"warning certificate certificate-expires-soon"}},
      {90 * kDay - 1h, {"warning certificate certificate-expires-soon"}},
      {90 * kDay + 1h, {"error certificate certificate-expired"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.after.count());
    CHECK(findings_of(pair.certificate, pair.key, row.after) == row.findings);
  }
}

TEST_CASE("an issuer that has expired is told, too, with its number") {
  const TestAuthority short_lived =
      TestAuthority::make("root").intermediate("between", KeyKind::p256, 10 * kDay);
  const test::Certificate pair = short_lived.issue();
  CHECK(message_of(pair, 11 * kDay).starts_with("certificate 2 of the chain ('CN=between') expired at "));
  CHECK(message_of(pair, 11 * kDay).ends_with(" UTC: replace it by its issuer's new one"));
  CHECK(findings_of(pair.certificate, pair.key, 1h) == Texts{"warning certificate certificate-expires-soon"});
}

TEST_CASE("messages say what is wrong, and what to do") {
  const test::Certificate old = between().issue({.names = {"a.test"}, .not_after = 30 * kDay});
  CHECK(message_of(old, 31 * kDay).starts_with("the certificate 'CN=a.test' expired at 20"));
  CHECK(message_of(old, 31 * kDay).ends_with(" UTC: renew it"));
  CHECK(message_of(old, 20 * kDay + 1h).starts_with("the certificate 'CN=a.test' expires in 9 days, at 20"));
  CHECK(message_of(old, 28 * kDay + 1h).starts_with("the certificate 'CN=a.test' expires in 1 day, at 20"));
  CHECK(message_of(between().issue({.names = {"a.test"}, .key = KeyKind::rsa1024})) ==
        "the certificate 'CN=a.test' has an RSA key of 1024 bits, which clients refuse: make one of 2048 or "
        "more");
  CHECK(message_of(between().issue({.key = KeyKind::p224})) ==
        "the certificate 'CN=localhost' has an ECDSA key of 224 bits, which clients refuse: make one of 256 "
        "or more");
  CHECK(message_of(between().issue({.hash = "SHA1"})) ==
        "the certificate 'CN=localhost' is signed with SHA-1, which clients refuse: have it issued anew");
  CHECK(message_of(TestAuthority::make("root").issue()) ==
        "the certificate 'CN=localhost' comes without its issuer 'CN=root': add the intermediate "
        "certificates behind "
        "it, or clients may not trust it");
  test::Certificate mixed = between().issue();
  mixed.key = test::make_key(KeyKind::p256);
  CHECK(message_of(mixed) ==
        "its private key does not belong to the certificate 'CN=localhost': name the key that it was issued "
        "for");
  mixed.key = test::encrypted_key(mixed.key);
  CHECK(message_of(mixed) ==
        "its private key needs a passphrase: store it without one, for weir's user alone to read");
}

TEST_CASE("what clients refuse for its strength is an error") {
  struct Row {
    test::CertificateSpec spec;
    std::string finding;
  };
  const std::vector<Row> rows = {
      {{.key = KeyKind::rsa1024}, "error certificate key-weak"},
      {{.key = KeyKind::p224}, "error certificate key-weak"},
      {{.hash = "SHA1"}, "error certificate signature-weak"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.finding);
    const test::Certificate pair = between().issue(row.spec);
    CHECK(findings_of(pair.certificate, pair.key) == Texts{row.finding});
  }
  // There is no ECDSA with MD5.
  const test::Certificate md5 = TestAuthority::make("root", KeyKind::rsa2048)
                                    .intermediate("between", KeyKind::rsa2048)
                                    .issue({.hash = "MD5"});
  CHECK(findings_of(md5.certificate, md5.key) == Texts{"error certificate signature-weak"});
  const test::Certificate weak_issuer =
      TestAuthority::make("root").intermediate("between", KeyKind::rsa1024).issue();
  CHECK(findings_of(weak_issuer.certificate, weak_issuer.key) == Texts{"error certificate key-weak"});
}

TEST_CASE("the signature of a root is nobody's concern") {
  const test::Certificate pair = test::self_signed({.hash = "SHA1"});
  CHECK(findings_of(pair.certificate, pair.key) == Texts{});
}

TEST_CASE("the chain is told where it is not complete or not in order") {
  const TestAuthority root = TestAuthority::make("root");
  const test::Certificate pair = root.intermediate("first").intermediate("second").issue();
  const std::vector<std::string> blocks = test::pem_blocks(pair.certificate);
  REQUIRE(blocks.size() == 3);
  const std::string &leaf = blocks[0], &second = blocks[1], &first = blocks[2];
  const std::string stray = TestAuthority::make("stray").pem();
  struct Row {
    std::string certificate;
    Texts findings;
  };
  const std::vector<Row> rows = {
      {leaf + second + first, {}},
      {leaf + second, {}},
      {leaf + second + first + root.pem(), {}},
      {leaf, {"warning certificate chain-missing"}},
      {leaf + stray, {"warning certificate chain-missing"}},
      {leaf + first, {"warning certificate chain-missing"}},
      {leaf + first + second, {"error certificate chain-order"}},
      {leaf + second + root.pem() + first, {"error certificate chain-order"}},
      {second + leaf + first, {"error certificate chain-order"}},
      {leaf + second + stray, {"warning certificate chain-extra"}},
      {leaf + second + first + root.pem() + stray, {"warning certificate chain-extra"}},
      {leaf + leaf + second + first, {"error certificate chain-order"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.certificate);
    CHECK(findings_of(row.certificate, pair.key) == row.findings);
  }
}

TEST_CASE("an order that the key contradicts is told as such") {
  const test::Certificate pair = between().issue();
  const std::vector<std::string> blocks = test::pem_blocks(pair.certificate);
  CHECK(message_of({blocks[1] + blocks[0], pair.key, ""}) ==
        "the key belongs to certificate 2: it must stand first, each issuer behind the one that it issued");
}

TEST_CASE("a certificate that no client could ask for, or that is an authority's, is a warning") {
  const test::Certificate nameless = between().issue({.names = {}, .common_name = "My Server"});
  CHECK(findings_of(nameless.certificate, nameless.key) ==
        Texts{"warning certificate certificate-without-names"});
  const test::Certificate address = between().issue({.names = {"10.0.0.1"}});
  CHECK(findings_of(address.certificate, address.key) == Texts{});
  const test::Certificate authority = between().issue({.authority = true});
  CHECK(findings_of(authority.certificate, authority.key) ==
        Texts{"warning certificate certificate-is-authority"});
  const test::Certificate root = test::self_signed({.authority = true});
  CHECK(findings_of(root.certificate, root.key) == Texts{"warning certificate certificate-is-authority"});
}

TEST_CASE("a self-signed certificate as openssl's one-liner makes it is no authority's") {
  const test::Certificate pair = test::self_signed({.authority = true, .without_usage = true});
  CHECK(findings_of(pair.certificate, pair.key) == Texts{});
}

TEST_CASE("what cannot be read is an error of its file, and the other file is checked all the same") {
  const test::Certificate good = between().issue(), weak = between().issue({.key = KeyKind::rsa1024});
  const std::string broken_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  struct Row {
    std::string certificate, key;
    Texts findings;
  };
  const std::vector<Row> rows = {
      {"", "", {"error certificate certificate-missing", "error key key-missing"}},
      {good.certificate, "", {"error key key-missing"}},
      {weak.certificate, broken_key, {"error key key-broken", "error certificate key-weak"}},
      {good.certificate, test::encrypted_key(good.key), {"error key key-encrypted"}},
      {good.certificate, weak.key, {"error key key-mismatch"}},
      {good.certificate, test::make_key(KeyKind::ed448), {"error key key-unsupported"}},
      {"-----BEGIN CERTIFICATE-----\n", good.key, {"error certificate certificate-broken"}},
      {std::string(kMostPemBytes + 1, ' '), good.key, {"error certificate file-too-large"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.findings);
    CHECK(findings_of(row.certificate, row.key) == row.findings);
  }
  const test::Certificate unsupported = between().issue({.key = KeyKind::ed448});
  CHECK(findings_of(unsupported.certificate, good.key) ==
        Texts{"error key key-mismatch", "error certificate key-unsupported"});
}

TEST_CASE("errors stand before warnings") {
  const test::Certificate pair = TestAuthority::make("root").issue({.names = {}, .key = KeyKind::rsa1024});
  CHECK(findings_of(pair.certificate, pair.key) == Texts{"error certificate key-weak",
                                                         "warning certificate chain-missing",
                                                         "warning certificate certificate-without-names"});
}

TEST_CASE("what a certificate says comes into a message bounded and escaped") {
  const auto about = [](const std::string& common_name) {
    return message_of(between().issue({.names = {}, .common_name = common_name}));
  };
  CHECK(about("a\x1b[31m\n\"").starts_with(R"(the certificate 'CN=a\1B[31m\0A\"' has no host name)"));
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "\xc3\x9f";
  CHECK(about(longest).starts_with(R"(the certificate 'CN=\C3\9F)"));
  CHECK(about(longest).contains("...' has no host name"));
  CHECK(about(longest).size() < 300);
}

TEST_CASE("a check leaves no error behind for the thread's next connection") {
  const test::Certificate pair = between().issue();
  check_certificate(pair.certificate, test::make_key(KeyKind::p256), test::present());
  check_certificate("-----BEGIN CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n", test::present());
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("the facts of a certificate are its subject, or else its first name, and its end") {
  const test::Certificate pair = test::self_signed({.names = {"a.test"}, .not_after = 5h});
  const auto facts = certificate_facts(pair.certificate);
  REQUIRE(facts.has_value());
  CHECK(facts->subject == "CN=a.test");
  CHECK(facts->not_after > test::present() + 4h);
  CHECK(facts->not_after <= test::present() + 5h);
  const test::Certificate bare = test::self_signed({.names = {"b.test"}, .without_subject = true});
  CHECK(certificate_facts(bare.certificate)->subject == "b.test");
  CHECK(certificate_facts(*read_tls_identity(bare.certificate, bare.key)).subject == "b.test");
  CHECK_FALSE(certificate_facts("").has_value());
}

}  // namespace weir::net
