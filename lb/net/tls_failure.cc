#include "lb/net/tls_failure.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "lb/base/text.h"

namespace weir::net {
namespace {

// Alerts of the other side stand among OpenSSL's reasons, that far up.
constexpr int kAlerts = SSL_AD_REASON_OFFSET;

TlsFailure kind_of_verification(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return TlsFailure::certificate_expired;
    case X509_V_ERR_CERT_REVOKED: return TlsFailure::certificate_revoked;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED: return TlsFailure::certificate_unknown_ca;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return TlsFailure::name_mismatch;
    default: return TlsFailure::certificate_refused;
  }
}

TlsFailure kind_of_reason(int reason) {
  if (reason == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) return TlsFailure::no_application_protocol;
  if (reason >= kAlerts) return TlsFailure::peer_alert;
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_INAPPROPRIATE_FALLBACK: return TlsFailure::no_shared_protocol;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS: return TlsFailure::no_shared_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL: return TlsFailure::no_application_protocol;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return TlsFailure::certificate_missing;
    case SSL_R_EXCESSIVE_MESSAGE_SIZE: return TlsFailure::too_large;
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return TlsFailure::certificate_refused;
    case ERR_R_MALLOC_FAILURE:
    case ERR_R_INTERNAL_ERROR: return TlsFailure::internal;
    default: return TlsFailure::malformed;
  }
}

std::string reason_text(unsigned long error) {
  const char* const text = ERR_reason_error_string(error);
  return text != nullptr ? base::escape(text) : "error " + std::to_string(ERR_GET_REASON(error));
}

bool heard_nothing(const SSL& ssl) { return SSL_get_state(&ssl) == TLS_ST_BEFORE; }

}  // namespace

std::string_view word(TlsFailure failure) {
  switch (failure) {
    case TlsFailure::none: return "none";
    case TlsFailure::plain_http: return "plain_http";
    case TlsFailure::not_tls: return "not_tls";
    case TlsFailure::no_shared_protocol: return "no_shared_protocol";
    case TlsFailure::no_shared_cipher: return "no_shared_cipher";
    case TlsFailure::no_application_protocol: return "no_application_protocol";
    case TlsFailure::certificate_missing: return "certificate_missing";
    case TlsFailure::certificate_expired: return "certificate_expired";
    case TlsFailure::certificate_revoked: return "certificate_revoked";
    case TlsFailure::certificate_unknown_ca: return "certificate_unknown_ca";
    case TlsFailure::certificate_refused: return "certificate_refused";
    case TlsFailure::name_mismatch: return "name_mismatch";
    case TlsFailure::peer_alert: return "peer_alert";
    case TlsFailure::peer_closed: return "peer_closed";
    case TlsFailure::too_large: return "too_large";
    case TlsFailure::malformed: return "malformed";
    case TlsFailure::internal: return "internal";
  }
  return "none";
}

TlsTrouble take_tls_trouble(const SSL& ssl) {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (error == 0) return {TlsFailure::internal, "no reason given"};
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const long result = SSL_get_verify_result(&ssl);
    return {kind_of_verification(result), base::escape(X509_verify_cert_error_string(result))};
  }
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason < kAlerts && heard_nothing(ssl) &&
      (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
       reason == SSL_R_HTTPS_PROXY_REQUEST || reason == SSL_R_RECORD_TOO_SMALL ||
       reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_UNEXPECTED_MESSAGE ||
       reason == SSL_R_UNEXPECTED_RECORD)) {
    return {TlsFailure::not_tls, reason_text(error)};
  }
  const bool ours = ERR_GET_LIB(error) == ERR_LIB_SSL;
  return {ours ? kind_of_reason(reason) : TlsFailure::malformed, reason_text(error)};
}

std::string take_tls_error_text() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  return error == 0 ? "no reason given" : reason_text(error);
}

}  // namespace weir::net
