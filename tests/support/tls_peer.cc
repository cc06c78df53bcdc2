#include "tests/support/tls_peer.h"

#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

#include "lb/net/tls_identity.h"

namespace weir::test {
namespace {

constexpr std::array<unsigned char, 4> kSessions{'t', 'e', 's', 't'};

int take_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                  unsigned offered_size, void* alpn) {
  const auto& list = *static_cast<const std::string*>(alpn);
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(list.data()),
                                           static_cast<unsigned>(list.size()), offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

TlsTarget::TlsTarget(const Certificate& certificate, const std::string& client_ca,
                     const std::string& protocol)
    : alpn_(std::make_unique<std::string>(static_cast<char>(protocol.size()) + protocol)),
      context_(SSL_CTX_new(TLS_server_method())) {
  const auto identity = net::read_tls_identity(certificate.certificate, certificate.key);
  if (!identity) throw std::runtime_error(identity.error().text);
  SSL_CTX* const native = context_.get();
  SSL_CTX_use_certificate(native, identity->chain.front().get());
  SSL_CTX_use_PrivateKey(native, identity->key.get());
  SSL_CTX_set_session_id_context(native, kSessions.data(), kSessions.size());
  SSL_CTX_set_alpn_select_cb(native, take_protocol, alpn_.get());
  if (client_ca.empty()) return;
  const auto authorities = net::read_tls_certificates(client_ca);
  if (!authorities) throw std::runtime_error(authorities.error().text);
  for (const net::X509Pointer& authority : *authorities)
    X509_STORE_add_cert(SSL_CTX_get_cert_store(native), authority.get());
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

TlsPeer::TlsPeer(Turn turn, std::unique_ptr<Peer> below, SSL_CTX* context)
    : Peer(std::move(turn)), below_(std::move(below)), ssl_(SSL_new(context)) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), -1);
  SSL_set_accept_state(ssl_.get());
}

// What was sealed goes out, and what has come in is there for OpenSSL.
void TlsPeer::exchange() {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &bytes);
  if (size > 0) below_->send({bytes, static_cast<std::size_t>(size)});
  BIO_reset(SSL_get_wbio(ssl_.get()));
  const std::string came = below_->read_bytes(below_->waiting().size());
  if (!came.empty()) BIO_write(SSL_get_rbio(ssl_.get()), came.data(), static_cast<int>(came.size()));
}

bool TlsPeer::shake_hands() {
  bool failed = false;
  const bool over = run_until(turn_, [&] {
    exchange();
    const int result = SSL_do_handshake(ssl_.get());
    failed = result != 1 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ;
    ERR_clear_error();
    exchange();
    return result == 1 || failed || below_->gone();
  });
  return over && !failed && SSL_is_init_finished(ssl_.get()) == 1;
}

void TlsPeer::receive() {
  exchange();
  std::array<char, 16384> bytes;
  int got = 0;
  while ((got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))) > 0)
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  const int error = SSL_get_error(ssl_.get(), got);
  ERR_clear_error();
  exchange();
  ended_ = ended_ || error == SSL_ERROR_ZERO_RETURN || below_->ended();
  broken_ = broken_ || error == SSL_ERROR_SSL || below_->broken();
}

std::size_t TlsPeer::send_some(std::string_view bytes) {
  exchange();
  const int sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (sent <= 0 && SSL_get_error(ssl_.get(), sent) != SSL_ERROR_WANT_READ) broken_ = true;
  ERR_clear_error();
  exchange();
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void TlsPeer::shutdown_write() {
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  exchange();
}

void TlsPeer::close() {
  if (SSL_is_init_finished(ssl_.get()) == 1 && !below_->gone()) shutdown_write();
  below_->close();
}

std::string TlsPeer::server_name() const {
  const char* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string TlsPeer::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsPeer::client() const {
  const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? "" : net::tls_name_text(*X509_get_subject_name(certificate));
}

}  // namespace weir::test
