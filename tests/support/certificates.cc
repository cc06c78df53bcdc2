#include "tests/support/certificates.h"

#include <openssl/ec.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "lb/base/address.h"
#include "lb/net/tls_pointers.h"

namespace weir::test {
namespace {

using net::TlsFree;
using net::X509Pointer;
using Key = std::shared_ptr<EVP_PKEY>;
using Shared = std::shared_ptr<X509>;
using Serial = std::unique_ptr<ASN1_INTEGER, TlsFree<ASN1_INTEGER_free>>;
using Time = std::unique_ptr<ASN1_TIME, TlsFree<ASN1_TIME_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, TlsFree<X509_EXTENSION_free>>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make a certificate for a test");
}

template <class Pointer>
Pointer require(Pointer made) {
  require(made != nullptr);
  return made;
}

Key new_key(KeyKind kind) {
  const auto rsa = [](std::size_t bits) { return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits); };
  EVP_PKEY* made = nullptr;
  switch (kind) {
    case KeyKind::rsa1024: made = rsa(1024); break;
    case KeyKind::rsa2048: made = rsa(2048); break;
    case KeyKind::p224: made = EVP_EC_gen("P-224"); break;
    case KeyKind::p256: made = EVP_EC_gen("P-256"); break;
    case KeyKind::p384: made = EVP_EC_gen("P-384"); break;
    case KeyKind::ed25519: made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); break;
    case KeyKind::ed448: made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"); break;
  }
  return {require(made), EVP_PKEY_free};
}

Key key_of(KeyKind kind) {
  if (kind != KeyKind::rsa1024 && kind != KeyKind::rsa2048) return new_key(kind);
  static std::mutex mutex;
  static std::map<KeyKind, Key> made;
  const std::lock_guard lock(mutex);
  Key& key = made[kind];
  if (key == nullptr) key = new_key(kind);
  return key;
}

// Ed25519 and Ed448 hash by themselves.
const EVP_MD* hash_for(const EVP_PKEY& key, const std::string& hash = "SHA256") {
  const int type = EVP_PKEY_get_base_id(&key);
  return type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448 ? nullptr : EVP_get_digestbyname(hash.c_str());
}

template <class Write>
std::string written(Write&& write) {
  const net::BioPointer out(require(BIO_new(BIO_s_mem())));
  require(write(out.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509& certificate) {
  return written([&](BIO* out) { return PEM_write_bio_X509(out, &certificate); });
}

std::string pem_of(const EVP_PKEY& key) {
  return written([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, &key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

template <class Parse>
auto read(const std::string& pem, Parse&& parse) {
  const net::BioPointer in(require(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
  return require(parse(in.get(), nullptr, nullptr, nullptr));
}

Time time_at(std::chrono::seconds offset) {
  return Time(require(ASN1_TIME_set(nullptr, (present() + offset).time_since_epoch().count())));
}

std::string san_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += (base::IpAddress::parse(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

void name(X509_NAME* subject, const std::string& common_name) {
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common_name.data()),
                                     static_cast<int>(common_name.size()), -1, 0) == 1);
}

// `issuer`: itself for a self-signed one.
void extend(X509& certificate, X509& issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(require(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())));
  require(X509_add_ext(&certificate, extension.get(), -1) == 1);
}

struct Draft {
  std::string common_name;
  std::vector<std::string> names = {};
  std::chrono::seconds not_before{};
  std::chrono::seconds not_after{};
  std::string constraints = "critical,CA:FALSE";
  std::string usage = {};     // keyUsage; empty: none
  std::string extended = {};  // extendedKeyUsage; empty: none
  std::uint64_t serial = 0;
  std::string hash = "SHA256";
};

// Without an issuer, the certificate signs itself.
Shared make_certificate(const Draft& draft, const Key& key, const Shared& issuer, const Key& issuer_key) {
  Shared made(require(X509_new()), X509_free);
  X509* const certificate = made.get();
  std::uint64_t serial = draft.serial;
  if (serial == 0) {
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
    serial = serial >> 1 | 1;
  }
  require(X509_set_version(certificate, X509_VERSION_3) == 1 &&
          ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1 &&
          X509_set1_notBefore(certificate, time_at(draft.not_before).get()) == 1 &&
          X509_set1_notAfter(certificate, time_at(draft.not_after).get()) == 1 &&
          X509_set_pubkey(certificate, key.get()) == 1);
  if (!draft.common_name.empty()) name(X509_get_subject_name(certificate), draft.common_name);
  X509* const by = issuer == nullptr ? certificate : issuer.get();
  require(X509_set_issuer_name(certificate, X509_get_subject_name(by)) == 1);
  extend(*certificate, *by, NID_subject_key_identifier, "hash");
  extend(*certificate, *by, NID_authority_key_identifier, "keyid");
  extend(*certificate, *by, NID_basic_constraints, draft.constraints);
  if (!draft.usage.empty()) extend(*certificate, *by, NID_key_usage, draft.usage);
  if (!draft.extended.empty()) extend(*certificate, *by, NID_ext_key_usage, draft.extended);
  if (!draft.names.empty()) extend(*certificate, *by, NID_subject_alt_name, san_of(draft.names));
  require(X509_sign(certificate, issuer_key.get(), hash_for(*issuer_key, draft.hash)) > 0);
  return made;
}

Draft draft_of(const CertificateSpec& spec) {
  Draft draft{.common_name = spec.common_name,
              .names = spec.names,
              .not_before = spec.not_before,
              .not_after = spec.not_after,
              .usage = "critical,digitalSignature,keyEncipherment",
              .extended = spec.client ? "clientAuth" : "serverAuth",
              .serial = spec.serial,
              .hash = spec.hash};
  if (draft.common_name.empty() && !spec.names.empty()) draft.common_name = spec.names.front().substr(0, 64);
  if (spec.without_subject) draft.common_name.clear();
  if (spec.without_san) draft.names.clear();
  if (spec.authority) {
    draft.constraints = "critical,CA:TRUE";
    draft.usage = "critical,keyCertSign";
  }
  if (spec.without_usage) draft.usage.clear();
  return draft;
}

Draft draft_of_authority(const std::string& name) {
  return {.common_name = name,
          .not_before = -std::chrono::hours(24),
          .not_after = std::chrono::hours(24 * 3650),
          .constraints = "critical,CA:TRUE",
          .usage = "critical,keyCertSign,cRLSign"};
}

Certificate result_of(X509& leaf, const EVP_PKEY& key, const std::vector<Shared>& chain) {
  Certificate made{.certificate = pem_of(leaf), .key = pem_of(key), .serial = {}};
  for (const Shared& each : chain) made.certificate += pem_of(*each);
  const std::unique_ptr<BIGNUM, TlsFree<BN_free>> number(
      require(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&leaf), nullptr)));
  char* const hex = require(BN_bn2hex(number.get()));
  made.serial = hex;
  OPENSSL_free(hex);
  return made;
}

X509Pointer leaf_of(const Certificate& certificate) {
  return X509Pointer(read(certificate.certificate, PEM_read_bio_X509));
}

}  // namespace

struct TestAuthority::State {
  Key key;
  Shared certificate;
  std::vector<Shared> chain;  // what leads from its certificates to the root, without the root
};

std::chrono::sys_seconds present() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

TestAuthority TestAuthority::make(const std::string& name, KeyKind kind, std::chrono::seconds not_after) {
  const Key key = key_of(kind);
  Draft draft = draft_of_authority(name);
  draft.not_after = not_after;
  return TestAuthority(
      std::make_shared<const State>(State{key, make_certificate(draft, key, nullptr, key), {}}));
}

TestAuthority TestAuthority::intermediate(const std::string& name, KeyKind kind,
                                          std::chrono::seconds not_after) const {
  State state{key_of(kind), nullptr, state_->chain};
  Draft draft = draft_of_authority(name);
  draft.not_after = not_after;
  state.certificate = make_certificate(draft, state.key, state_->certificate, state_->key);
  state.chain.insert(state.chain.begin(), state.certificate);
  return TestAuthority(std::make_shared<const State>(std::move(state)));
}

Certificate TestAuthority::issue(const CertificateSpec& spec) const {
  const Key key = key_of(spec.key);
  const Shared leaf = make_certificate(draft_of(spec), key, state_->certificate, state_->key);
  return result_of(*leaf, *key, state_->chain);
}

std::string TestAuthority::pem() const { return pem_of(*state_->certificate); }

std::string TestAuthority::crl(const std::vector<Certificate>& revoked,
                               std::chrono::seconds next_update) const {
  const net::X509CrlPointer list(require(X509_CRL_new()));
  require(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
          X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(state_->certificate.get())) == 1 &&
          X509_CRL_set1_lastUpdate(list.get(), time_at(-std::chrono::hours(1)).get()) == 1 &&
          X509_CRL_set1_nextUpdate(list.get(), time_at(next_update).get()) == 1);
  for (const Certificate& each : revoked) {
    X509_REVOKED* const entry = require(X509_REVOKED_new());
    const X509Pointer leaf = leaf_of(each);
    require(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(leaf.get())) == 1 &&
            X509_REVOKED_set_revocationDate(entry, time_at(-std::chrono::hours(1)).get()) == 1 &&
            X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  require(X509_CRL_sort(list.get()) == 1 &&
          X509_CRL_sign(list.get(), state_->key.get(), hash_for(*state_->key)) > 0);
  return written([&](BIO* out) { return PEM_write_bio_X509_CRL(out, list.get()); });
}

std::string TestAuthority::ocsp(const Certificate& about, const OcspSpec& spec) const {
  const std::unique_ptr<OCSP_BASICRESP, TlsFree<OCSP_BASICRESP_free>> basic(require(OCSP_BASICRESP_new()));
  const std::unique_ptr<OCSP_CERTID, TlsFree<OCSP_CERTID_free>> id(
      require(OCSP_cert_to_id(EVP_sha1(), leaf_of(about).get(), state_->certificate.get())));
  const Time this_update = time_at(spec.this_update), next_update = time_at(spec.next_update);
  const bool is_revoked = spec.status == OcspStatus::revoked;
  const int status = is_revoked                           ? V_OCSP_CERTSTATUS_REVOKED
                     : spec.status == OcspStatus::unknown ? V_OCSP_CERTSTATUS_UNKNOWN
                                                          : V_OCSP_CERTSTATUS_GOOD;
  require(OCSP_basic_add1_status(basic.get(), id.get(), status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
                                 is_revoked ? this_update.get() : nullptr, this_update.get(),
                                 spec.without_next_update ? nullptr : next_update.get()) != nullptr);
  Shared signer = state_->certificate;
  Key key = state_->key;
  if (spec.delegated) {
    key = key_of(KeyKind::p256);
    signer = make_certificate({.common_name = "responder",
                               .not_before = -std::chrono::hours(1),
                               .not_after = std::chrono::hours(24),
                               .usage = "critical,digitalSignature",
                               .extended = spec.delegate_is_certified ? "OCSPSigning" : "serverAuth"},
                              key, state_->certificate, state_->key);
  }
  require(OCSP_basic_sign(basic.get(), signer.get(), key.get(), hash_for(*key), nullptr,
                          spec.delegated ? 0 : OCSP_NOCERTS) == 1);
  const std::unique_ptr<OCSP_RESPONSE, TlsFree<OCSP_RESPONSE_free>> response(
      require(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())));
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &der);
  require(size > 0);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

Certificate self_signed(const CertificateSpec& spec) {
  const Key key = key_of(spec.key);
  const Shared leaf = make_certificate(draft_of(spec), key, nullptr, key);
  return result_of(*leaf, *key, {});
}

std::string make_key(KeyKind kind) { return pem_of(*new_key(kind)); }

std::string encrypted_key(const std::string& pem) {
  const net::PrivateKeyPointer key(read(pem, PEM_read_bio_PrivateKey));
  return written([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key.get(), EVP_aes_256_cbc(), "passphrase", 10, nullptr,
                                         nullptr);
  });
}

std::vector<std::string> pem_blocks(const std::string& pem) {
  const std::string begin = "-----BEGIN ";
  std::vector<std::string> blocks;
  for (std::size_t at = pem.find(begin); at != std::string::npos;) {
    const std::size_t next = pem.find(begin, at + begin.size());
    blocks.push_back(pem.substr(at, next - at));
    at = next;
  }
  return blocks;
}

CertificateFiles write(const TemporaryDirectory& directory, const std::string& name,
                       const Certificate& certificate) {
  return {directory.write(name + ".pem", certificate.certificate),
          directory.write(name + ".key", certificate.key)};
}

}  // namespace weir::test
