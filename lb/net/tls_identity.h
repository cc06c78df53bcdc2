#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/tls_pointers.h"

// What one side of a TLS connection proves who it is with: a certificate, what leads from it to an authority,
// and the private key. Read from the text of PEM files (RFC 7468); files are read elsewhere. Nobody is ever
// asked for a passphrase.
namespace weir::net {

enum class TlsKeyType : std::uint8_t { rsa, ecdsa, ed25519 };
std::string_view word(TlsKeyType type);

// Of a pair, for both of which one file may stand; or of whom the other side may be vouched for by.
enum class TlsFile : std::uint8_t { certificate, key, ca, crl };
std::string_view word(TlsFile file);

struct TlsIdentityProblem {
  enum class Kind : std::uint8_t {
    too_large,           // over kMostPemBytes
    no_certificate,      // no CERTIFICATE block in it
    certificate_broken,  // a block cannot be read, or what it holds is no certificate
    chain_long,          // over kMostCertificates
    no_key,              // no block of a private key in it
    key_broken,
    key_encrypted,    // needs a passphrase
    key_unsupported,  // neither RSA, ECDSA nor Ed25519
    key_mismatch,     // it belongs to another certificate
  };

  Kind kind{};
  TlsFile file{};
  std::string text;  // a line without the file's name, safe to log: "it holds no certificate"
};

struct TlsIdentity {
  std::vector<X509Pointer> chain;  // the leaf, then what its file holds behind it; at least the leaf
  PrivateKeyPointer key;           // the leaf's
  TlsKeyType key_type{};
  // What clients may ask for: the dNSName and iPAddress entries of subjectAltName in lower case; the
  // subject's CN only where there are none of them (RFC 9525 has dropped it; old tools still make such
  // certificates). Names with other bytes than a host name or a wildcard has are left out.
  std::vector<std::string> names;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::string subject;  // RFC 4514, in ASCII: all else is escaped; may be empty
};

constexpr std::size_t kMostPemBytes = 1024 * 1024;
constexpr std::size_t kMostCertificates = 32;

// Says nothing of times, strength or the order of the chain: check_certificate does (tls_check.h).
std::expected<TlsIdentity, TlsIdentityProblem> read_tls_identity(std::string_view certificate_pem,
                                                                 std::string_view key_pem);

// The parts of it, for whoever needs but one. All certificates of a text, in its order: at least one.
std::expected<std::vector<X509Pointer>, TlsIdentityProblem> read_tls_certificates(std::string_view pem);
// The first private key of a text.
std::expected<PrivateKeyPointer, TlsIdentityProblem> read_tls_key(std::string_view pem);
// Of a key or of a certificate's public key. The error says what it is.
std::expected<TlsKeyType, std::string> tls_key_type(const EVP_PKEY& key);

std::vector<std::string> tls_names_of(const X509& certificate);
std::string tls_name_text(const X509_NAME& name);  // as TlsIdentity::subject
// Absent times and such that no calendar has are the epoch.
std::chrono::sys_seconds tls_time_of(const ASN1_TIME* time);
std::string tls_time_text(std::chrono::sys_seconds time);  // "2026-01-31 12:00:00 UTC"

inline constexpr std::size_t kMostDnsNameBytes = 253;  // RFC 1035 3.1, as text

}  // namespace weir::net
