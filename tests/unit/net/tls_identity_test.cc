#include "lb/net/tls_identity.h"

#include <doctest/doctest.h>
#include <openssl/pem.h>

#include "tests/support/certificates.h"

using namespace std::chrono_literals;

namespace weir::net {
namespace {

using test::KeyKind;
using Kind = TlsIdentityProblem::Kind;

std::string problem_of(const std::string& certificate, const std::string& key) {
  // Heap blocks of exactly these sizes, so that a sanitizer sees a read past their ends.
  const std::vector<char> first(certificate.begin(), certificate.end()), second(key.begin(), key.end());
  const auto identity = read_tls_identity({first.data(), first.size()}, {second.data(), second.size()});
  if (identity) return "";
  return std::string(word(identity.error().file)) + ": " + identity.error().text;
}

std::vector<std::string> names_of(const test::CertificateSpec& spec) {
  const test::Certificate made = test::self_signed(spec);
  const auto identity = read_tls_identity(made.certificate, made.key);
  REQUIRE(identity.has_value());
  return identity->names;
}

// As OpenSSL 1.0 and older tools write keys: "RSA PRIVATE KEY", "EC PRIVATE KEY".
std::string traditional(const std::string& pem) {
  const auto key = read_tls_key(pem);
  REQUIRE(key.has_value());
  const BioPointer out(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PrivateKey_traditional(out.get(), key->get(), nullptr, nullptr, 0, nullptr,
                                               nullptr) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("a pair gives its chain, key, names, times and subject") {
  const auto authority = test::TestAuthority::make("root").intermediate("between");
  const auto before = test::present();
  const auto made = authority.issue({.names = {"a.test", "*.b.test"}, .not_before = -1h, .not_after = 48h});
  const auto identity = read_tls_identity(made.certificate, made.key);
  REQUIRE(identity.has_value());
  CHECK(identity->chain.size() == 2);
  CHECK(identity->key_type == TlsKeyType::ecdsa);
  CHECK(identity->names == std::vector<std::string>{"a.test", "*.b.test"});
  CHECK(identity->subject == "CN=a.test");
  CHECK(identity->not_after - identity->not_before == 49h);
  CHECK(identity->not_before >= before - 1h);
  CHECK(identity->not_before <= test::present() - 1h);
}

TEST_CASE("keys of every type that clients take are read, in every form that tools write") {
  struct Row {
    KeyKind kind;
    std::string_view type;
    bool has_traditional_form;
  };
  for (const Row& row : {Row{KeyKind::rsa2048, "rsa", true}, Row{KeyKind::p256, "ecdsa", true},
                         Row{KeyKind::p384, "ecdsa", true}, Row{KeyKind::ed25519, "ed25519", false}}) {
    CAPTURE(row.type);
    const auto made = test::self_signed({.key = row.kind});
    const auto identity = read_tls_identity(made.certificate, made.key);
    REQUIRE(identity.has_value());
    CHECK(word(identity->key_type) == row.type);
    if (row.has_traditional_form) CHECK(problem_of(made.certificate, traditional(made.key)) == "");
  }
}

TEST_CASE("the names are those of subjectAltName, and the common name only where there are none") {
  struct Row {
    test::CertificateSpec spec;
    std::vector<std::string> names;
  };
  const std::vector<Row> rows = {
      {{.names = {"a.test"}, .common_name = "b.test"}, {"a.test"}},
      {{.names = {"A.Test", "*.B.TEST"}}, {"a.test", "*.b.test"}},
      {{.names = {"10.0.0.1", "2001:db8::1", "a.test"}}, {"10.0.0.1", "2001:db8::1", "a.test"}},
      {{.names = {"10.0.0.1"}, .common_name = "b.test"}, {"10.0.0.1"}},
      {{.names = {"B.test"}, .without_san = true}, {"b.test"}},
      {{.names = {}, .common_name = "My Server"}, {}},
      {{.names = {}}, {}},
      {{.names = {"not a host.test", "a.test"}}, {"a.test"}},
      {{.names = {"not a host.test"}, .common_name = "b.test"}, {}},
      {{.names = {std::string(254, 'a'), "a.test"}, .common_name = "a.test"}, {"a.test"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.spec.common_name);
    CHECK(names_of(row.spec) == row.names);
  }
}

TEST_CASE("a subject is ASCII without control characters") {
  const auto subject_of = [](const std::string& common_name) {
    const auto made = test::self_signed({.common_name = common_name});
    return read_tls_identity(made.certificate, made.key)->subject;
  };
  CHECK(subject_of("a\nb\x1b[m") == "CN=a\\0Ab\\1B[m");
  CHECK(subject_of("stra\xc3\x9f"
                   "e") == "CN=stra\\C3\\9Fe");
  CHECK(subject_of("a,b\"c") == "CN=a\\,b\\\"c");
}

TEST_CASE("one file may hold certificates and key, in any order and with text between") {
  const auto made = test::TestAuthority::make("root").intermediate("between").issue();
  for (const std::string& both :
       {made.certificate + made.key, made.key + made.certificate,
        "Bag Attributes\n" + made.key + "\nsubject=CN = localhost\n" + made.certificate + "\n# the end"}) {
    const auto identity = read_tls_identity(both, both);
    REQUIRE(identity.has_value());
    CHECK(identity->chain.size() == 2);
  }
}

TEST_CASE("what stands beside the key that a text is read for does not matter") {
  const auto made = test::self_signed();
  const std::string broken_key = "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n";
  const std::string broken_certificate = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
  CHECK(problem_of(broken_key + made.certificate, broken_certificate + made.key) == "");
}

TEST_CASE("what cannot be used says which file it is and why") {
  const auto made = test::self_signed({.key = KeyKind::p256});
  const auto other = test::self_signed({.key = KeyKind::p256});
  const std::string block = "-----BEGIN CERTIFICATE-----\n";
  struct Row {
    std::string certificate, key, problem;
  };
  const std::vector<Row> rows = {
      {"", made.key, "certificate: it holds no certificate"},
      {"text", made.key, "certificate: it holds no certificate"},
      {made.key, made.key, "certificate: it holds no certificate"},
      {block, made.key, "certificate: its certificate 1 cannot be read"},
      {block + "AAAA\n-----END CERTIFICATE-----\n", made.key,
       "certificate: its certificate 1 cannot be read"},
      {made.certificate + block, made.key, "certificate: its certificate 2 cannot be read"},
      {made.certificate, "", "key: it holds no private key"},
      {made.certificate, made.certificate, "key: it holds no private key"},
      {made.certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
       "key: its private key cannot be read"},
      {made.certificate, test::encrypted_key(made.key), "key: its private key needs a passphrase"},
      {made.certificate,
       "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
       "-----END RSA PRIVATE KEY-----\n",
       "key: its private key needs a passphrase"},
      {made.certificate, test::make_key(KeyKind::ed448),
       "key: its private key is of the type ED448; expected RSA, ECDSA or Ed25519"},
      {made.certificate, other.key, "key: its private key belongs to another certificate"},
      {made.certificate, test::make_key(KeyKind::rsa2048),
       "key: its private key belongs to another certificate"},
      {std::string(kMostPemBytes + 1, ' '), made.key, "certificate: it has over 1048576 bytes"},
      {made.certificate, std::string(kMostPemBytes + 1, ' '), "key: it has over 1048576 bytes"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.problem);
    CHECK(problem_of(row.certificate, row.key) == row.problem);
  }
}

TEST_CASE("a chain of more certificates than anybody sends is refused") {
  const auto made = test::self_signed();
  std::string many;
  for (std::size_t i = 0; i < kMostCertificates; ++i) many += made.certificate;
  CHECK(problem_of(many, made.key) == "");
  CHECK(problem_of(many + made.certificate, made.key) == "certificate: it holds over 32 certificates");
}

TEST_CASE("every cut of a pair is refused, and leaves no error behind for the thread's next connection") {
  const auto made = test::self_signed();
  const auto last = [](const std::string& pem) { return pem.size() - 1; };  // the newline may go
  for (std::size_t size = 0; size < last(made.certificate); ++size) {
    CAPTURE(size);
    CHECK(problem_of(made.certificate.substr(0, size), made.key) != "");
  }
  for (std::size_t size = 0; size < last(made.key); ++size) {
    CAPTURE(size);
    CHECK(problem_of(made.certificate, made.key.substr(0, size)) != "");
  }
  CHECK(problem_of(made.certificate.substr(0, last(made.certificate)), made.key) == "");
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("the readers of one file leave no error behind either") {
  CHECK_FALSE(read_tls_certificates("-----BEGIN CERTIFICATE-----\n").has_value());
  CHECK(ERR_peek_error() == 0);
  CHECK_FALSE(read_tls_key("-----BEGIN PRIVATE KEY-----\n").has_value());
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a text with any of its bytes changed is read or refused, and leaves no error behind") {
  const auto made = test::self_signed({.key = KeyKind::ed25519});
  std::size_t refused = 0;
  for (std::size_t at = 0; at < made.certificate.size(); ++at) {
    std::string changed = made.certificate;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    if (!problem_of(changed, made.key).empty()) ++refused;
    CHECK(ERR_peek_error() == 0);
  }
  CHECK(refused > made.certificate.size() / 10);
}

}  // namespace weir::net
