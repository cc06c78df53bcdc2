#include "lb/net/tls_trust_check.h"

#include <doctest/doctest.h>
#include <openssl/x509_vfy.h>

#include "lb/net/tls_trust.h"
#include "tests/support/certificates.h"

using namespace std::chrono_literals;

namespace weir::net {
namespace {

using test::KeyKind;
using test::TestAuthority;
using Told = std::vector<std::string>;
using Crl = std::optional<std::string>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, TlsFree<X509_STORE_CTX_free>>;

constexpr auto kOneDay = 24h;

std::vector<TlsFinding> trust_findings(const std::string& ca, const Crl& crl,
                                       std::chrono::seconds after = 0s) {
  return check_trust(ca, crl ? std::optional<std::string_view>(*crl) : std::nullopt, test::present() + after);
}

// "error crl crl-expired" and so on.
Told told_by(const std::vector<TlsFinding>& findings) {
  Told texts;
  for (const TlsFinding& each : findings) {
    const std::string severity = each.severity == TlsSeverity::error ? "error " : "warning ";
    texts.push_back(severity + std::string(word(each.file)) + ' ' + std::string(each.id));
  }
  return texts;
}

// As a handshake does it.
bool vouches_for(const std::string& ca, const Crl& crl, const std::string& leaf, std::chrono::seconds after) {
  const TlsErrorMark mark;
  const auto trust =
      TlsTrust::from_pem(ca, crl ? std::optional<std::string_view>(*crl) : std::nullopt).value();
  const auto chain = read_tls_certificates(leaf).value();
  const StoreContext context(X509_STORE_CTX_new());
  REQUIRE(X509_STORE_CTX_init(context.get(), trust->store(), chain.front().get(), nullptr) == 1);
  X509_STORE_CTX_set_time(context.get(), 0, (test::present() + after).time_since_epoch().count());
  return X509_verify_cert(context.get()) == 1;
}

// Of the only finding.
std::string trust_message(const std::string& ca, const Crl& crl, std::chrono::seconds after = 0s) {
  const auto findings = trust_findings(ca, crl, after);
  REQUIRE(findings.size() == 1);
  return findings.front().message;
}

}  // namespace

TEST_CASE("what would have the other side refused is told before") {
  const TestAuthority one = TestAuthority::make("one"), two = TestAuthority::make("two");
  const TestAuthority namesake = TestAuthority::make("one");
  const TestAuthority brief = TestAuthority::make("brief", KeyKind::p256, 2 * kOneDay);
  const TestAuthority between = one.intermediate("between");
  const std::string of_one = one.issue({.not_before = -10 * kOneDay}).certificate;
  const std::string of_two = two.issue({.not_before = -10 * kOneDay}).certificate;
  const std::string of_brief = brief.issue().certificate;
  const std::string both = one.pem() + two.pem();
  const std::string mixed = one.pem() + brief.pem();
  struct Row {
    std::string what, ca;
    Crl crl;
    std::chrono::seconds after;
    Told findings;
    std::string shown;
    bool accepted;
  };
  const std::vector<Row> rows = {
      {"an authority", one.pem(), {}, 0s, {}, of_one, true},
      {"with its list", one.pem(), one.crl({}), 0s, {}, of_one, true},
      {"with an old list, too", one.pem(), one.crl({}, -30min) + one.crl({}), 0s, {}, of_one, true},
      {"with one for between", one.pem(), one.crl({}) + between.crl({}), 0s, {}, of_one, true},
      {"list expired", one.pem(), one.crl({}), 25h, {"error crl crl-expired"}, of_one, false},
      {"list too early", one.pem(), one.crl({}), -2h, {"error crl crl-not-yet-valid"}, of_one, false},
      {"a stranger's list", one.pem(), two.crl({}), 0s, {"error crl crl-missing"}, of_one, false},
      {"a namesake's list", one.pem(), namesake.crl({}), 0s, {"error crl crl-missing"}, of_one, false},
      {"the list of one of two", both, one.crl({}), 0s, {"warning crl crl-missing"}, of_two, false},
      {"the same, for the other", both, one.crl({}), 0s, {"warning crl crl-missing"}, of_one, true},
      {"expired", brief.pem(), {}, 3 * kOneDay, {"error ca certificate-expired"}, of_brief, false},
      {"one of two expired", mixed, {}, 3 * kOneDay, {"warning ca certificate-expired"}, of_one, true},
      {"early", one.pem(), {}, -2 * kOneDay, {"error ca certificate-not-yet-valid"}, of_one, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(told_by(trust_findings(row.ca, row.crl, row.after)) == row.findings);
    CHECK(vouches_for(row.ca, row.crl, row.shown, row.after) == row.accepted);
  }
}

TEST_CASE("a certificate that is no authority's is told, and makes itself trusted at most") {
  const std::string itself = test::self_signed().certificate;
  const std::string issued = TestAuthority::make("root").issue().certificate;
  CHECK(told_by(trust_findings(itself, {})) == Told{"warning ca certificate-no-authority"});
  CHECK(vouches_for(itself, {}, itself, 0s));
  CHECK(told_by(trust_findings(issued, {})) == Told{"warning ca certificate-no-authority"});
  CHECK_FALSE(vouches_for(issued, {}, issued, 0s));
}

TEST_CASE("of two texts that cannot be read, the one that is wrong is named") {
  const TestAuthority one = TestAuthority::make("one");
  const std::string broken = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
  CHECK(told_by(trust_findings("no certificate", one.crl({}))) == Told{"error ca ca-unreadable"});
  CHECK(told_by(trust_findings(one.pem(), test::make_key(KeyKind::p256))) ==
        Told{"error crl crl-unreadable"});
  CHECK(told_by(trust_findings(one.pem(), broken)) == Told{"error crl crl-unreadable"});
  CHECK(trust_message(one.pem(), "") == "it holds no revocation list");
  CHECK(TlsTrust::from_pem("", one.crl({})).error().file == TlsFile::ca);
  CHECK(TlsTrust::from_pem(one.pem(), "").error().file == TlsFile::crl);
}

TEST_CASE("messages about whom to trust say what is wrong, and what to do") {
  const TestAuthority one = TestAuthority::make("one"), two = TestAuthority::make("two");
  CHECK(trust_message(one.pem(), one.crl({}), 25h)
            .starts_with("the revocation list of 'CN=one' expired at 20"));
  CHECK(trust_message(one.pem() + two.pem(), one.crl({})) ==
        "it holds no revocation list of 'CN=two', and whom that authority vouches for is refused: add it");
  CHECK(trust_message(one.pem(), TestAuthority::make("one").crl({})) ==
        "its revocation list of 'CN=one' is signed with another key than that of 'CN=one', and whom that "
        "authority vouches for is refused: add it");
  CHECK(trust_message(one.pem(), {}, 3651 * kOneDay).starts_with("the certificate 'CN=one' expired at 20"));
  CHECK(trust_message(one.pem() + test::self_signed().certificate, {}) ==
        "certificate 2 ('CN=localhost') is no authority's: it makes nothing trusted but itself; name the one "
        "that issues certificates");
}

}  // namespace weir::net
