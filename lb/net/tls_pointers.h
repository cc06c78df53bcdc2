#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

// Owners of OpenSSL's objects. For files of lb/net alone: no other layer sees OpenSSL.
namespace weir::net {

template <auto Free>
struct TlsFree {
  template <class Object>
  void operator()(Object* object) const {
    Free(object);
  }
};

using BioPointer = std::unique_ptr<BIO, TlsFree<BIO_free_all>>;
using X509Pointer = std::unique_ptr<X509, TlsFree<X509_free>>;
using X509CrlPointer = std::unique_ptr<X509_CRL, TlsFree<X509_CRL_free>>;
using X509StorePointer = std::unique_ptr<X509_STORE, TlsFree<X509_STORE_free>>;
using PrivateKeyPointer = std::unique_ptr<EVP_PKEY, TlsFree<EVP_PKEY_free>>;
using CipherPointer = std::unique_ptr<EVP_CIPHER, TlsFree<EVP_CIPHER_free>>;
using SslPointer = std::unique_ptr<SSL, TlsFree<SSL_free>>;
using SslContextPointer = std::unique_ptr<SSL_CTX, TlsFree<SSL_CTX_free>>;
using SslSessionPointer = std::unique_ptr<SSL_SESSION, TlsFree<SSL_SESSION_free>>;

// While it lives, errors come on top of the thread's queue; with it they go. What asks OpenSSL without caring
// why it failed holds one: a connection would take what is left there for its own.
class TlsErrorMark {
 public:
  TlsErrorMark() { ERR_set_mark(); }
  ~TlsErrorMark() { ERR_pop_to_mark(); }
  TlsErrorMark(const TlsErrorMark&) = delete;
  TlsErrorMark& operator=(const TlsErrorMark&) = delete;
};

}  // namespace weir::net
