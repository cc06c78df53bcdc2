#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lb/net/tls_pointers.h"

namespace weir::net {

// What a worker needs to resume its sessions with targets. Not for use by several threads. Of more than
// `most` keys the one that was not used for the longest time goes.
class TlsClientSessions {
 public:
  static constexpr std::size_t kMostPerKey = 4;

  explicit TlsClientSessions(std::size_t most) : most_(most) {}
  ~TlsClientSessions() = default;
  TlsClientSessions(const TlsClientSessions&) = delete;
  TlsClientSessions& operator=(const TlsClientSessions&) = delete;

  void put(std::string_view key, SslSessionPointer session);
  // The newest; null: none. One of TLS 1.3 is for one use (RFC 8446 C.4) and goes.
  SslSessionPointer take(std::string_view key);
  std::size_t keys() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    std::vector<SslSessionPointer> sessions;  // the newest last; at least one
  };
  using Entries = std::list<Entry>;

  std::size_t most_;
  Entries entries_;                                                 // the last used first
  std::unordered_map<std::string_view, Entries::iterator> places_;  // its keys are those of the entries
};

// Where the sessions of one connection go: the application data of its SSL object. Null there: nowhere.
struct TlsSessionKeeper {
  TlsClientSessions* sessions = nullptr;
  std::string key;

  // For SSL_CTX_sess_set_new_cb.
  static int on_new_session(SSL* ssl, SSL_SESSION* session);
  // After a handshake: OpenSSL does not tell of a ticket of TLS 1.2 that was renewed, and spoils the old one.
  void keep_renewed(SSL& ssl) const;
};

}  // namespace weir::net
