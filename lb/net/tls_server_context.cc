#include "lb/net/tls_server_context.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include "lb/net/tls_failure.h"

namespace weir::net {
namespace {

// How long a session may be resumed; the key of its ticket opens for longer (tls_ticket_keys.h).
constexpr long kSessionSeconds = 2 * 60 * 60;

std::unexpected<TlsContextProblem> library_problem() {
  return std::unexpected(TlsContextProblem{TlsContextProblem::Kind::library, 0, take_tls_error_text()});
}

// Contexts whose tickets pass: the same demands on clients.
TlsTrust::Digest session_scope(TlsClientAuth client_auth, const TlsTrust* trust) {
  TlsTrust::Digest scope = trust != nullptr ? trust->digest() : TlsTrust::Digest{};
  scope.front() ^= static_cast<std::uint8_t>(client_auth);
  return scope;
}

}  // namespace

TlsServerContext::TlsServerContext(TlsServerSettings& settings)
    : client_auth_(settings.client_auth),
      certificates_(std::move(settings.certificates)),
      ticket_keys_(std::move(settings.ticket_keys)),
      native_(SSL_CTX_new(TLS_server_method())) {}

TlsServerContext::Made TlsServerContext::make(TlsServerSettings settings) {
  std::shared_ptr<TlsServerContext> context(new TlsServerContext(settings));
  if (auto built = context->build(settings); !built) return std::unexpected(std::move(built.error()));
  return context;
}

TlsServerContext::Built TlsServerContext::build(const TlsServerSettings& settings) {
  if (!native_) return library_problem();
  SSL_CTX_set_app_data(native_.get(), this);
  if (auto set = set_tls_defaults(*native_, settings.least_version); !set) return set;
  if (settings.kernel) SSL_CTX_set_options(native_.get(), SSL_OP_ENABLE_KTLS);
  if (auto used = use_certificates(); !used) return used;
  if (auto chosen = choose_protocols(settings.alpn); !chosen) return chosen;
  if (auto set = authenticate_clients(settings.client_trust.get()); !set) return set;
  return resume_sessions();
}

const TlsServerContext& TlsServerContext::of(SSL* ssl) {
  return *static_cast<const TlsServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

// --- certificates

TlsServerContext::Built TlsServerContext::use_certificates() {
  using enum TlsContextProblem::Kind;
  if (certificates_.size() == 0) return std::unexpected(TlsContextProblem{certificate, 0, "there is none"});
  if (const auto used = certificates_.use_default(*native_); !used) {
    return std::unexpected(TlsContextProblem{certificate, used.error(), take_tls_error_text()});
  }
  SSL_CTX_set_tlsext_servername_callback(native_.get(), on_server_name);
  SSL_CTX_set_cert_cb(native_.get(), on_certificate, nullptr);
  SSL_CTX_set_tlsext_status_cb(native_.get(), on_status);
  return {};
}

// Accepts every name, so that the session keeps it: one that nobody serves gets the default certificate, as
// at the ALB.
int TlsServerContext::on_server_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

int TlsServerContext::on_certificate(SSL* ssl, void*) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name == nullptr || of(ssl).certificates_.use(*ssl, name) ? 1 : 0;
}

int TlsServerContext::on_status(SSL* ssl, void*) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const TlsStaple* const staple = of(ssl).certificates_.staple(SSL_get_certificate(ssl), now);
  if (staple == nullptr) return SSL_TLSEXT_ERR_NOACK;
  void* const copy = OPENSSL_memdup(staple->der.data(), staple->der.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple->der.size()));
  return SSL_TLSEXT_ERR_OK;
}

// --- protocols

TlsServerContext::Built TlsServerContext::choose_protocols(const std::vector<std::string>& alpn) {
  auto list = alpn_list(alpn);
  if (!list) return std::unexpected(std::move(list.error()));
  alpn_ = std::move(*list);
  if (!alpn_.empty()) SSL_CTX_set_alpn_select_cb(native_.get(), on_alpn, nullptr);
  return {};
}

// A client that offers protocols, and none of ours, gets no_application_protocol (RFC 7301 3.2).
int TlsServerContext::on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                              const unsigned char* offered, unsigned offered_size, void*) {
  const std::string& ours = of(ssl).alpn_;
  unsigned char* found = nullptr;
  const int result =
      SSL_select_next_proto(&found, chosen_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// --- clients

TlsServerContext::Built TlsServerContext::authenticate_clients(const TlsTrust* trust) {
  if (client_auth_ == TlsClientAuth::off) trust = nullptr;
  const TlsTrust::Digest scope = session_scope(client_auth_, trust);
  if (SSL_CTX_set_session_id_context(native_.get(), scope.data(), scope.size()) != 1)
    return library_problem();
  if (client_auth_ == TlsClientAuth::off) return {};
  if (trust == nullptr) {
    return std::unexpected(
        TlsContextProblem{TlsContextProblem::Kind::library, 0, "no authority vouches for clients"});
  }
  const int required = client_auth_ == TlsClientAuth::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(native_.get(), SSL_VERIFY_PEER | required, nullptr);
  SSL_CTX_set1_cert_store(native_.get(), trust->store());
  for (const X509Pointer& authority : trust->authorities()) {
    if (SSL_CTX_add_client_CA(native_.get(), authority.get()) != 1) return library_problem();
  }
  return {};
}

// --- sessions

TlsServerContext::Built TlsServerContext::resume_sessions() {
  SSL_CTX* const native = native_.get();
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  if (!ticket_keys_) {
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(native, 0);
    return {};
  }
  ticket_cipher_.reset(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
  if (!ticket_cipher_) return library_problem();
  SSL_CTX_set_timeout(native, kSessionSeconds);
  SSL_CTX_set_num_tickets(native, 1);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(native, on_ticket);
  if (client_auth_ != TlsClientAuth::off) {
    SSL_CTX_set_session_ticket_cb(native, nullptr, on_opened_ticket, nullptr);
  }
  return {};
}

// AES-256-CBC, then HMAC-SHA256 over it (RFC 5077 4): the form that OpenSSL gives to a ticket.
int TlsServerContext::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                                EVP_MAC_CTX* mac, int seals) {
  constexpr int kFailed = -1;
  constexpr int kUnknown = 0;
  constexpr int kUse = 1;
  constexpr int kRenew = 2;
  const TlsServerContext& context = of(ssl);
  TlsTicketKeys::Found found;
  if (seals != 0) {
    found = {context.ticket_keys_->current(), true};
    std::ranges::copy(found.key.name, name);
    if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return kFailed;
  } else {
    TlsTicketKey::Name wanted{};
    std::copy_n(name, wanted.size(), wanted.begin());
    auto known = context.ticket_keys_->find(wanted);
    if (!known) return kUnknown;
    found = std::move(*known);
  }
  char digest[] = "SHA256";
  const std::array parameters{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, found.key.authentication.data(),
                                        found.key.authentication.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  if (EVP_CipherInit_ex(cipher, context.ticket_cipher_.get(), nullptr, found.key.cipher.data(), iv, seals) !=
          1 ||
      EVP_MAC_CTX_set_params(mac, parameters.data()) != 1) {
    return kFailed;
  }
  // A ticket of 1.3 is for one use (RFC 8446 C.4): who comes with one gets another.
  if (seals != 0) return kUse;
  return found.seals && SSL_version(ssl) != TLS1_3_VERSION ? kUse : kRenew;
}

// A certificate that has expired meanwhile is not let in by the ticket that it was given.
SSL_TICKET_RETURN TlsServerContext::on_opened_ticket(SSL*, SSL_SESSION* session, const unsigned char*,
                                                     std::size_t, SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  const X509* const client = SSL_SESSION_get0_peer(session);
  if (client != nullptr && X509_cmp_current_time(X509_get0_notAfter(client)) < 0) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

}  // namespace weir::net
