#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

// Authorities, certificates, revocation lists and OCSP answers for tests, made in memory. Times are offsets
// from the system's clock. RSA keys are made once per process and shared by all who ask for one of their
// size.
namespace weir::test {

enum class KeyKind { rsa1024, rsa2048, p224, p256, p384, ed25519, ed448 };

struct Certificate {
  std::string certificate;  // PEM: the leaf, then the intermediates, without the root
  std::string key;          // PEM, PKCS #8, not encrypted
  std::string serial;       // upper-case hex
};

struct CertificateSpec {
  std::vector<std::string> names = {"localhost"};  // DNS names and IP addresses
  std::string common_name = {};                    // empty: the first name
  KeyKind key = KeyKind::p256;
  std::chrono::seconds not_before = -std::chrono::hours(1);
  std::chrono::seconds not_after = std::chrono::hours(24 * 90);
  bool client = false;           // for clients instead of servers
  bool authority = false;        // with basicConstraints CA:TRUE
  bool without_san = false;      // the common name alone
  bool without_usage = false;    // no keyUsage
  bool without_subject = false;  // the names alone
  std::uint64_t serial = 0;      // 0: a random one
  std::string hash = "SHA256";   // signed with
};

enum class OcspStatus { good, revoked, unknown };

struct OcspSpec {
  OcspStatus status = OcspStatus::good;
  std::chrono::seconds this_update = -std::chrono::hours(1);
  std::chrono::seconds next_update = std::chrono::hours(24);
  bool without_next_update = false;
  bool delegated = false;             // signed by a responder with a certificate of the authority
  bool delegate_is_certified = true;  // for signing OCSP answers
};

// A value: copies share the key.
class TestAuthority {
 public:
  static TestAuthority make(const std::string& name, KeyKind key = KeyKind::p256,
                            std::chrono::seconds not_after = std::chrono::hours(24 * 3650));
  TestAuthority intermediate(const std::string& name, KeyKind key = KeyKind::p256,
                             std::chrono::seconds not_after = std::chrono::hours(24 * 3650)) const;

  Certificate issue(const CertificateSpec& spec = {}) const;
  std::string pem() const;  // its own certificate
  std::string crl(const std::vector<Certificate>& revoked,
                  std::chrono::seconds next_update = std::chrono::hours(24)) const;
  std::string ocsp(const Certificate& about, const OcspSpec& spec = {}) const;  // DER

 private:
  struct State;
  explicit TestAuthority(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

Certificate self_signed(const CertificateSpec& spec = {});
std::string make_key(KeyKind kind);                 // PEM
std::string encrypted_key(const std::string& pem);  // the same with a passphrase
// The blocks of a PEM text, to put them together in another way.
std::vector<std::string> pem_blocks(const std::string& pem);
// The system's time, as certificates have it.
std::chrono::sys_seconds present();

// Certificate and key as NAME.pem and NAME.key.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};
CertificateFiles write(const TemporaryDirectory& directory, const std::string& name,
                       const Certificate& certificate);

}  // namespace weir::test
