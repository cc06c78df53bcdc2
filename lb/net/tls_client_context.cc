#include "lb/net/tls_client_context.h"

#include <openssl/x509_vfy.h>

#include <array>
#include <span>

#include "lb/net/tls_client_sessions.h"
#include "lb/net/tls_failure.h"

namespace weir::net {
namespace {

std::unexpected<TlsContextProblem> problem(TlsContextProblem::Kind kind) {
  return std::unexpected(TlsContextProblem{kind, 0, take_tls_error_text()});
}

}  // namespace

TlsClientContext::Made TlsClientContext::make(TlsClientSettings settings) {
  std::shared_ptr<TlsClientContext> context(new TlsClientContext);
  if (auto built = context->build(settings); !built) return std::unexpected(std::move(built.error()));
  return context;
}

TlsClientContext::Built TlsClientContext::build(const TlsClientSettings& settings) {
  native_.reset(SSL_CTX_new(TLS_client_method()));
  if (!native_) return problem(TlsContextProblem::Kind::library);
  // Sessions are kept by whoever connects, under names of his.
  SSL_CTX_set_session_cache_mode(native_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(native_.get(), TlsSessionKeeper::on_new_session);
  set_session_scope(settings);
  if (auto set = set_tls_defaults(*native_, settings.least_version); !set) return set;
  if (auto set = verify(settings.trust.get()); !set) return set;
  if (settings.identity) {
    if (auto shown = show(*settings.identity); !shown) return shown;
    certificate_ = certificate_facts(*settings.identity);
  }
  return offer(settings.alpn);
}

TlsClientContext::Built TlsClientContext::verify(const TlsTrust* trust) {
  verifies_ = trust != nullptr;
  if (!verifies_) {
    SSL_CTX_set_security_level(native_.get(), 0);  // nor does it matter how weak a certificate is
    return {};
  }
  SSL_CTX_set_verify(native_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set1_cert_store(native_.get(), trust->store());
  return {};
}

TlsClientContext::Built TlsClientContext::show(const TlsIdentity& identity) {
  SSL_CTX* const native = native_.get();
  if (SSL_CTX_use_certificate(native, identity.chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(native, identity.key.get()) != 1) {
    return problem(TlsContextProblem::Kind::certificate);
  }
  for (const X509Pointer& next : std::span(identity.chain).subspan(1)) {
    if (SSL_CTX_add1_chain_cert(native, next.get()) != 1)
      return problem(TlsContextProblem::Kind::certificate);
  }
  return {};
}

TlsClientContext::Built TlsClientContext::offer(const std::vector<std::string>& alpn) {
  const auto list = alpn_list(alpn);
  if (!list) return std::unexpected(list.error());
  // The only function of its kind that returns 0 for success.
  if (!list->empty() &&
      SSL_CTX_set_alpn_protos(native_.get(), reinterpret_cast<const unsigned char*>(list->data()),
                              static_cast<unsigned>(list->size())) != 0) {
    return problem(TlsContextProblem::Kind::library);
  }
  return {};
}

void TlsClientContext::set_session_scope(const TlsClientSettings& settings) {
  if (settings.trust) {
    const TlsTrust::Digest& digest = settings.trust->digest();
    session_scope_.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  session_scope_ += settings.least_version == TlsVersion::tls_1_3 ? '3' : '2';
  if (settings.identity) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(settings.identity->chain.front().get(), EVP_sha256(), digest.data(), &size) == 1) {
      session_scope_.append(reinterpret_cast<const char*>(digest.data()), size);
    }
  }
  for (const std::string& name : settings.alpn) session_scope_ += ',' + name;
}

}  // namespace weir::net
