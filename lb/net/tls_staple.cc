#include "lb/net/tls_staple.h"

#include <fmt/format.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::net {
namespace {

using std::chrono::sys_seconds;
using Response = std::unique_ptr<OCSP_RESPONSE, TlsFree<OCSP_RESPONSE_free>>;
using BasicResponse = std::unique_ptr<OCSP_BASICRESP, TlsFree<OCSP_BASICRESP_free>>;
using Verdict = std::expected<void, std::string>;

constexpr std::size_t kMostBytes = 64 * 1024;  // it goes out with each full handshake
constexpr auto kClockSkew = std::chrono::minutes(5);

struct CertificateStack {
  explicit CertificateStack(X509* only) : stack(sk_X509_new_null()) { sk_X509_push(stack, only); }
  ~CertificateStack() { sk_X509_free(stack); }
  CertificateStack(const CertificateStack&) = delete;
  CertificateStack& operator=(const CertificateStack&) = delete;

  STACK_OF(X509) * stack;  // owns none of them
};

X509* issuer_of(const TlsIdentity& identity) {
  if (identity.chain.size() < 2) return nullptr;
  X509* const next = identity.chain[1].get();
  return X509_check_issued(next, identity.chain[0].get()) == X509_V_OK ? next : nullptr;
}

bool equals(const ASN1_OCTET_STRING* hash, std::span<const std::uint8_t> digest) {
  const std::span bytes(ASN1_STRING_get0_data(hash), static_cast<std::size_t>(ASN1_STRING_length(hash)));
  return std::ranges::equal(bytes, digest);
}

// RFC 6960 4.1.1: hashes of the issuer's name and of its key, and the serial number. Without the issuer,
// there is no key to compare.
bool is_about(const OCSP_CERTID* id, const X509& leaf, const X509* issuer) {
  ASN1_OCTET_STRING *name_hash = nullptr, *key_hash = nullptr;
  ASN1_OBJECT* algorithm = nullptr;
  ASN1_INTEGER* serial = nullptr;
  // The function reads; only its declaration is not const.
  OCSP_id_get0_info(&name_hash, &algorithm, &key_hash, &serial, const_cast<OCSP_CERTID*>(id));
  if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&leaf)) != 0) return false;
  const EVP_MD* const hash = EVP_get_digestbyobj(algorithm);
  if (hash == nullptr) return false;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_NAME_digest(X509_get_issuer_name(&leaf), hash, digest.data(), &size) != 1 ||
      !equals(name_hash, std::span(digest).first(size))) {
    return false;
  }
  return issuer == nullptr || (X509_pubkey_digest(issuer, hash, digest.data(), &size) == 1 &&
                               equals(key_hash, std::span(digest).first(size)));
}

OCSP_SINGLERESP* single_about(OCSP_BASICRESP& response, const X509& leaf, const X509* issuer) {
  for (int i = 0; i < OCSP_resp_count(&response); ++i) {
    OCSP_SINGLERESP* const single = OCSP_resp_get0(&response, i);
    if (is_about(OCSP_SINGLERESP_get0_id(single), leaf, issuer)) return single;
  }
  return nullptr;
}

// The issuer is trusted for that, whatever else it is; a delegate needs a certificate of its (RFC
// 6960 4.2.2.2) that is valid `now`.
Verdict check_signature(OCSP_BASICRESP& response, X509& issuer, sys_seconds now) {
  const X509StorePointer store(X509_STORE_new());
  const CertificateStack signers(&issuer);
  if (store == nullptr || signers.stack == nullptr || X509_STORE_add_cert(store.get(), &issuer) != 1) {
    return std::unexpected("there is no memory to check its signature");
  }
  X509_VERIFY_PARAM* const parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(now.time_since_epoch().count()));
  if (OCSP_basic_verify(&response, signers.stack, store.get(), OCSP_NOEXPLICIT) == 1) return {};
  return std::unexpected("neither the certificate's issuer nor its delegate has signed it");
}

std::expected<TlsStaple, std::string> judge(OCSP_SINGLERESP* single, sys_seconds now) {
  ASN1_GENERALIZEDTIME *revoked = nullptr, *this_update = nullptr, *next_update = nullptr;
  int reason = 0;
  const int status = OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update);
  if (status == V_OCSP_CERTSTATUS_REVOKED) {
    return std::unexpected(
        fmt::format("the certificate was revoked at {}", tls_time_text(tls_time_of(revoked))));
  }
  if (status != V_OCSP_CERTSTATUS_GOOD) return std::unexpected("the responder does not know the certificate");
  // Without it nobody could tell when the response has grown old.
  if (next_update == nullptr) return std::unexpected("it does not say when the next one comes");
  TlsStaple staple{
      .der = {}, .this_update = tls_time_of(this_update), .next_update = tls_time_of(next_update)};
  if (staple.this_update > now + kClockSkew) {
    return std::unexpected(fmt::format("it begins to hold at {}", tls_time_text(staple.this_update)));
  }
  if (!staple.is_fresh(now)) {
    return std::unexpected(fmt::format("it expired at {}", tls_time_text(staple.next_update)));
  }
  return staple;
}

}  // namespace

std::expected<TlsStaple, std::string> read_tls_staple(std::span<const std::uint8_t> der,
                                                      const TlsIdentity& identity, sys_seconds now) {
  const TlsErrorMark mark;
  if (der.size() > kMostBytes) return std::unexpected(fmt::format("it has over {} bytes", kMostBytes));
  const unsigned char* at = der.data();
  const Response response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr || at != der.data() + der.size()) {
    return std::unexpected("it holds no OCSP response in DER");
  }
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return std::unexpected(fmt::format("the responder refused: {}", OCSP_response_status_str(status)));
  }
  const BasicResponse basic(OCSP_response_get1_basic(response.get()));
  if (basic == nullptr) return std::unexpected("it holds no basic OCSP response");
  X509* const issuer = issuer_of(identity);
  OCSP_SINGLERESP* const single = single_about(*basic, *identity.chain.front(), issuer);
  if (single == nullptr) return std::unexpected("it is about another certificate");
  if (issuer != nullptr) {
    if (auto verdict = check_signature(*basic, *issuer, now); !verdict) {
      return std::unexpected(std::move(verdict).error());
    }
  }
  auto staple = judge(single, now);
  if (staple) staple->der.assign(der.begin(), der.end());
  return staple;
}

}  // namespace weir::net
