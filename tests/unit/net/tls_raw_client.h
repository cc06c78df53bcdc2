#pragma once

#include <openssl/err.h>

#include <memory>
#include <string>

#include "tests/unit/net/tls_pair.h"

namespace weir::test {

// A client that does what no TlsStream would, at the other end of a pair's server.
class RawTlsClient {
 public:
  RawTlsClient(TlsPair& pair, SSL_CTX* context) : pair_(pair), ssl_(SSL_new(context)) {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  SSL* ssl() { return ssl_.get(); }
  bool shake_hands() {
    for (int turn = 0; turn < 100; ++turn) {
      const int result = SSL_do_handshake(ssl_.get());
      exchange();
      if (result == 1 && pair_.server.established) return true;
      if (pair_.server.error != 0) return false;
    }
    return false;
  }
  // What was sealed goes to the server, and what it has sent comes.
  void exchange() {
    send();
    for (int turn = 0; turn < 4; ++turn) pair_.loop.run_once(base::Duration(0));
    std::string bytes = std::exchange(pair_.cable.right->to_peer, {});
    if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    if (pair_.cable.right->stream != nullptr) pair_.cable.right->stream->wake();
  }
  void send() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &bytes);
    pair_.cable.right->to_stream.append(bytes, static_cast<std::size_t>(size));
    BIO_reset(SSL_get_wbio(ssl_.get()));
    if (pair_.cable.right->stream != nullptr) pair_.cable.right->stream->wake();
  }
  bool write(std::string_view text) {
    const bool written = SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0;
    ERR_clear_error();
    exchange();
    return written;
  }
  std::string read() {
    std::string text(4096, '\0');
    const int size = SSL_read(ssl_.get(), text.data(), static_cast<int>(text.size()));
    ERR_clear_error();
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  TlsPair& pair_;
  net::SslPointer ssl_;
};

}  // namespace weir::test
