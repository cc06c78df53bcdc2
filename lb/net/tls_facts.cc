#include "lb/net/tls_facts.h"

#include <openssl/bn.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <span>

#include "lb/base/text.h"
#include "lb/net/tls_identity.h"

namespace weir::net {
namespace {

constexpr std::size_t kMostName = 253;  // RFC 1035 2.3.4, as text

using NumberPointer = std::unique_ptr<BIGNUM, TlsFree<BN_free>>;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || base::is_digit(c) || c == '-' || c == '_' || c == '.';
}

std::string serial_of(const X509& certificate) {
  const NumberPointer number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  char* const text = number ? BN_bn2hex(number.get()) : nullptr;
  std::string serial = text != nullptr ? text : "";
  OPENSSL_free(text);
  return serial;
}

std::string fingerprint_of(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned byte : std::span(digest).first(size)) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string pem_of(const X509& certificate) {
  const BioPointer memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_X509(memory.get(), &certificate) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::optional<std::string> tls_server_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMostName) return std::nullopt;
  std::string name = base::to_lower(text);
  if (name.front() == '.' || name.contains("..") || !std::ranges::all_of(name, is_name_byte))
    return std::nullopt;
  return name;
}

std::shared_ptr<const TlsPeer> tls_peer(const X509& certificate, bool verified) {
  return std::make_shared<const TlsPeer>(TlsPeer{
      .subject = tls_name_text(*X509_get_subject_name(&certificate)),
      .issuer = tls_name_text(*X509_get_issuer_name(&certificate)),
      .serial = serial_of(certificate),
      .fingerprint = fingerprint_of(certificate),
      .leaf_pem = pem_of(certificate),
      .not_before = tls_time_of(X509_get0_notBefore(&certificate)),
      .not_after = tls_time_of(X509_get0_notAfter(&certificate)),
      .verified = verified,
  });
}

TlsFacts tls_facts(const SSL& ssl) {
  TlsFacts facts;
  facts.version = SSL_get_version(&ssl);
  facts.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(&ssl));
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(&ssl, &alpn, &size);
  if (size != 0) facts.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  if (const char* const name = SSL_get_servername(&ssl, TLSEXT_NAMETYPE_host_name); name != nullptr) {
    facts.server_name = tls_server_name(name).value_or("");
  }
  facts.resumed = SSL_session_reused(&ssl) == 1;
  if (const X509* const certificate = SSL_get0_peer_certificate(&ssl); certificate != nullptr) {
    const bool verified =
        SSL_get_verify_mode(&ssl) != SSL_VERIFY_NONE && SSL_get_verify_result(&ssl) == X509_V_OK;
    facts.peer = tls_peer(*certificate, verified);
  }
  return facts;
}

}  // namespace weir::net
