#include "lb/net/tls_staple.h"

#include <doctest/doctest.h>

#include "tests/support/certificates.h"

using namespace std::chrono_literals;

namespace weir::net {
namespace {

using test::OcspStatus;
using test::TestAuthority;

TlsIdentity identity_of(const std::string& certificate, const std::string& key) {
  auto identity = read_tls_identity(certificate, key);
  REQUIRE(identity.has_value());
  return *std::move(identity);
}

std::expected<TlsStaple, std::string> read(const std::string& der, const TlsIdentity& identity,
                                           std::chrono::sys_seconds now = test::present()) {
  const std::vector<std::uint8_t> bytes(der.begin(), der.end());  // of exactly this size
  return read_tls_staple(bytes, identity, now);
}

// Without the times that a text may end with.
std::string error_of(const std::expected<TlsStaple, std::string>& staple) {
  if (staple) return "";
  const std::size_t time = staple.error().find(" at 2");
  return staple.error().substr(0, time == std::string::npos ? time : time + 3);
}

struct Site {
  TestAuthority authority = TestAuthority::make("root").intermediate("between");
  test::Certificate certificate = authority.issue();
  TlsIdentity identity = identity_of(certificate.certificate, certificate.key);
};

}  // namespace

TEST_CASE("a response that says that the certificate is good is stapled until the next one") {
  const Site site;
  const auto now = test::present();
  const std::string der = site.authority.ocsp(site.certificate, {.this_update = -2h, .next_update = 24h});
  const auto staple = read(der, site.identity);
  REQUIRE(staple.has_value());
  CHECK(std::string(staple->der.begin(), staple->der.end()) == der);
  CHECK(staple->next_update - staple->this_update == 26h);
  CHECK(staple->is_fresh(now + 24h - 1s));
  CHECK_FALSE(staple->is_fresh(staple->next_update));
}

TEST_CASE("a response that is no proof says why") {
  const Site site;
  struct Row {
    test::OcspSpec spec;
    std::string error;
  };
  const std::vector<Row> rows = {
      {{}, ""},
      {{.delegated = true}, ""},
      {{.this_update = 1min}, ""},
      {{.status = OcspStatus::revoked}, "the certificate was revoked at"},
      {{.status = OcspStatus::unknown}, "the responder does not know the certificate"},
      {{.without_next_update = true}, "it does not say when the next one comes"},
      {{.this_update = -2h, .next_update = -1h}, "it expired at"},
      {{.this_update = 1h}, "it begins to hold at"},
      {{.delegated = true, .delegate_is_certified = false},
       "neither the certificate's issuer nor its delegate has signed it"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.error);
    CHECK(error_of(read(site.authority.ocsp(site.certificate, row.spec), site.identity)) == row.error);
  }
}

TEST_CASE("a delegate counts as long as its own certificate is valid") {
  const Site site;
  const std::string der = site.authority.ocsp(site.certificate, {.next_update = 100h, .delegated = true});
  CHECK(read(der, site.identity, test::present() + 23h).has_value());
  CHECK(error_of(read(der, site.identity, test::present() + 25h)) ==
        "neither the certificate's issuer nor its delegate has signed it");
}

TEST_CASE("a response about another certificate is no proof") {
  const Site site;
  CHECK(error_of(read(site.authority.ocsp(site.authority.issue()), site.identity)) ==
        "it is about another certificate");
  // The same serial number, from an authority of the same name with another key.
  const TestAuthority forged = TestAuthority::make("root").intermediate("between");
  CHECK(error_of(read(forged.ocsp(site.certificate), site.identity)) == "it is about another certificate");
}

TEST_CASE("without the issuer, a response is taken by serial number and issuer's name, unchecked") {
  const Site site;
  const TlsIdentity alone =
      identity_of(test::pem_blocks(site.certificate.certificate).front(), site.certificate.key);
  CHECK(read(site.authority.ocsp(site.certificate), alone).has_value());
  CHECK(error_of(read(site.authority.ocsp(site.authority.issue()), alone)) ==
        "it is about another certificate");
  const TestAuthority other = TestAuthority::make("other");
  const std::uint64_t serial = std::stoull(site.certificate.serial, nullptr, 16);
  CHECK(error_of(read(other.ocsp(other.issue({.serial = serial})), alone)) ==
        "it is about another certificate");
}

TEST_CASE("a certificate behind the leaf that has not issued it proves nothing about a response") {
  const Site site;
  const TlsIdentity mixed =
      identity_of(test::pem_blocks(site.certificate.certificate).front() + TestAuthority::make("other").pem(),
                  site.certificate.key);
  CHECK(read(site.authority.ocsp(site.certificate), mixed).has_value());
}

TEST_CASE("every cut of a response, and bytes behind it, are refused and leave no error behind") {
  const Site site;
  const std::string der = site.authority.ocsp(site.certificate);
  for (std::size_t size = 0; size < der.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read(der.substr(0, size), site.identity).has_value());
  }
  CHECK(error_of(read(der + '\0', site.identity)) == "it holds no OCSP response in DER");
  CHECK(error_of(read(std::string(65'537, '0'), site.identity)) == "it has over 65536 bytes");
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a response with any byte changed is refused") {
  const Site site;
  const std::string der = site.authority.ocsp(site.certificate);
  for (std::size_t at = 0; at < der.size(); ++at) {
    CAPTURE(at);
    std::string changed = der;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(read(changed, site.identity).has_value());
  }
}

TEST_CASE("what a responder says instead of an answer is told") {
  const Site site;
  // OCSPResponse ::= SEQUENCE { responseStatus tryLater (3) }
  CHECK(error_of(read(std::string("\x30\x03\x0a\x01\x03", 5), site.identity)) ==
        "the responder refused: trylater");
}

}  // namespace weir::net
