#include "tests/e2e/tls_client.h"

#include <openssl/pem.h>

#include <stdexcept>
#include <utility>

namespace weir::e2e {
namespace {

[[noreturn]] void fail(const std::string& what) {
  const unsigned long error = ERR_peek_error();
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  throw std::runtime_error(what + ": " + (reason == nullptr ? "the other end has closed" : reason));
}

void require(bool done) {
  if (!done) fail("OpenSSL does not take what a test offers");
}

net::BioPointer reader_of(const std::string& text) {
  return net::BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void choose_versions(SSL_CTX& context, TlsVersions versions) {
  int least = TLS1_2_VERSION, most = TLS1_3_VERSION;
  switch (versions) {
    case TlsVersions::all: break;
    case TlsVersions::only_1_1: least = most = TLS1_1_VERSION; break;
    case TlsVersions::only_1_2: most = TLS1_2_VERSION; break;
    case TlsVersions::only_1_3: least = TLS1_3_VERSION; break;
  }
  require(SSL_CTX_set_min_proto_version(&context, least) == 1 &&
          SSL_CTX_set_max_proto_version(&context, most) == 1);
  // Signatures of old versions are beneath OpenSSL's own level.
  if (versions == TlsVersions::only_1_1) require(SSL_CTX_set_cipher_list(&context, "ALL@SECLEVEL=0") == 1);
}

void trust(SSL_CTX& context, const std::string& authority) {
  if (authority.empty()) return;
  const net::X509Pointer certificate(
      PEM_read_bio_X509(reader_of(authority).get(), nullptr, nullptr, nullptr));
  require(certificate != nullptr &&
          X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), certificate.get()) == 1);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
}

void show(SSL_CTX& context, const Certificate& own) {
  if (own.certificate.empty()) return;
  const net::PrivateKeyPointer key(
      PEM_read_bio_PrivateKey(reader_of(own.key).get(), nullptr, nullptr, nullptr));
  bool leaf = true;
  for (const std::string& block : pem_blocks(own.certificate)) {
    const net::X509Pointer one(PEM_read_bio_X509(reader_of(block).get(), nullptr, nullptr, nullptr));
    require(one != nullptr && (leaf ? SSL_CTX_use_certificate(&context, one.get())
                                    : SSL_CTX_add1_chain_cert(&context, one.get())) == 1);
    leaf = false;
  }
  require(SSL_CTX_use_PrivateKey(&context, key.get()) == 1);
}

net::SslContextPointer context_for(const TlsOffer& offer) {
  net::SslContextPointer context(SSL_CTX_new(TLS_client_method()));
  require(context != nullptr);
  choose_versions(*context, offer.versions);
  trust(*context, offer.authority);
  show(*context, offer.certificate);
  if (!offer.signatures.empty())
    require(SSL_CTX_set1_sigalgs_list(context.get(), offer.signatures.c_str()) == 1);
  return context;
}

net::SslPointer ssl_for(SSL_CTX& context, const TlsOffer& offer) {
  net::SslPointer ssl(SSL_new(&context));
  require(ssl != nullptr);
  if (!offer.server_name.empty()) {
    require(SSL_set_tlsext_host_name(ssl.get(), offer.server_name.c_str()) == 1 &&
            SSL_set1_host(ssl.get(), offer.server_name.c_str()) == 1);
  }
  if (!offer.alpn.empty()) {
    std::string list(1, static_cast<char>(offer.alpn.size()));
    list += offer.alpn;
    require(SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(list.data()),
                                static_cast<unsigned>(list.size())) == 0);
  }
  if (offer.staple) require(SSL_set_tlsext_status_type(ssl.get(), TLSEXT_STATUSTYPE_ocsp) == 1);
  if (offer.session) require(SSL_set_session(ssl.get(), offer.session.get()) == 1);
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl.get());
  return ssl;
}

// What OpenSSL wants to have sent.
std::string sealed(SSL& ssl) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(&ssl), &bytes);
  std::string result(bytes, static_cast<std::size_t>(size));
  BIO_reset(SSL_get_wbio(&ssl));
  return result;
}

}  // namespace

TlsClient::TlsClient(Connection connection, const TlsOffer& offer)
    : connection_(std::move(connection)), context_(context_for(offer)), ssl_(ssl_for(*context_, offer)) {
  if (until_done([this] { return SSL_do_handshake(ssl_.get()); }) != 1) fail("handshake");
}

// OpenSSL takes a session for broken whose connection was not closed in due form.
TlsClient::~TlsClient() {
  if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// What the call says in the end: 0 or less if it cannot be done.
template <class Call>
int TlsClient::until_done(Call call) {
  for (;;) {
    ERR_clear_error();
    const int result = call();
    const bool starved = result <= 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
    flush();
    if (!starved) return result;
    const std::string bytes = connection_.receive();
    if (bytes.empty()) return 0;
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }
}

// Who has closed may have said why, which is still to be read.
void TlsClient::flush() {
  std::string bytes = sealed(*ssl_);
  while (!bytes.empty()) {
    const auto sent = connection_.send_some(bytes, kPatience);
    if (!sent) return;
    if (*sent == 0) throw std::runtime_error("the other end takes nothing");
    bytes.erase(0, *sent);
  }
}

std::string TlsClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::serial() const {
  const std::unique_ptr<BIGNUM, net::TlsFree<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(SSL_get0_peer_certificate(ssl_.get())), nullptr));
  char* const hex = BN_bn2hex(number.get());
  std::string text = hex;
  OPENSSL_free(hex);
  return text;
}

std::string TlsClient::staple() const {
  const unsigned char* der = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl_.get(), static_cast<void*>(&der));
  return size <= 0 ? "" : std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
}

std::shared_ptr<SSL_SESSION> TlsClient::session() const {
  return {SSL_get1_session(ssl_.get()), SSL_SESSION_free};
}

void TlsClient::send(std::string_view bytes) {
  const int size = static_cast<int>(bytes.size());
  if (until_done([&] { return SSL_write(ssl_.get(), bytes.data(), size); }) != size) fail("send");
}

std::string TlsClient::receive() {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  std::string bytes(65536, '\0');
  const int got =
      until_done([&] { return SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())); });
  if (got <= 0 && ERR_peek_error() != 0) fail("receive");
  bytes.resize(got <= 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

Answer TlsClient::answer() {
  const auto more = [this](std::string bytes) {
    const std::string next = receive();
    if (next.empty()) throw std::runtime_error("the answer is cut");
    buffer_ = std::move(bytes) + next;
  };
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) more(std::exchange(buffer_, {}));
  Answer result;
  result.head = buffer_.substr(0, end);
  result.status = std::stoi(result.head.substr(result.head.find(' ') + 1));
  const std::size_t whole = end + 4 + std::stoul(result.field("Content-Length"));
  while (buffer_.size() < whole) more(std::exchange(buffer_, {}));
  result.body = buffer_.substr(end + 4, whole - end - 4);
  result.whole = true;
  buffer_.erase(0, whole);
  return result;
}

Answer TlsClient::get(std::string_view target, std::string_view fields) {
  send("GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n");
  return answer();
}

void TlsClient::renegotiate() {
  if (SSL_renegotiate(ssl_.get()) != 1 || until_done([this] { return SSL_do_handshake(ssl_.get()); }) != 1) {
    fail("renegotiation");
  }
}

std::string refusal(const std::string& address, const TlsOffer& offer) {
  try {
    TlsClient client(address, offer);
    client.get("/name");
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string client_hello(const TlsOffer& offer) {
  const net::SslContextPointer context = context_for(offer);
  const net::SslPointer ssl = ssl_for(*context, offer);
  SSL_do_handshake(ssl.get());
  return sealed(*ssl);
}

}  // namespace weir::e2e
