#include "lb/net/tls_client_sessions.h"

#include <utility>

namespace weir::net {

void TlsClientSessions::put(std::string_view key, SslSessionPointer session) {
  if (most_ == 0 || SSL_SESSION_is_resumable(session.get()) != 1) return;
  if (const auto place = places_.find(key); place != places_.end()) {
    entries_.splice(entries_.begin(), entries_, place->second);
    auto& sessions = entries_.front().sessions;
    // A session of TLS 1.2 serves again and again: one is enough.
    const bool single_use = SSL_SESSION_get_protocol_version(session.get()) == TLS1_3_VERSION;
    if (sessions.size() >= (single_use ? kMostPerKey : 1)) sessions.erase(sessions.begin());
    sessions.push_back(std::move(session));
    return;
  }
  if (entries_.size() >= most_) {
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
  Entry& entry = entries_.emplace_front(std::string(key));
  entry.sessions.push_back(std::move(session));
  places_.emplace(entry.key, entries_.begin());
}

SslSessionPointer TlsClientSessions::take(std::string_view key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  const auto entry = place->second;
  entries_.splice(entries_.begin(), entries_, entry);
  SSL_SESSION* const newest = entry->sessions.back().get();
  if (SSL_SESSION_get_protocol_version(newest) != TLS1_3_VERSION) {
    SSL_SESSION_up_ref(newest);
    return SslSessionPointer(newest);
  }
  SslSessionPointer taken = std::move(entry->sessions.back());
  entry->sessions.pop_back();
  if (entry->sessions.empty()) {
    places_.erase(place);
    entries_.erase(entry);
  }
  return taken;
}

int TlsSessionKeeper::on_new_session(SSL* ssl, SSL_SESSION* session) {
  const auto* const keeper = static_cast<const TlsSessionKeeper*>(SSL_get_app_data(ssl));
  if (keeper == nullptr) return 0;
  keeper->sessions->put(keeper->key, SslSessionPointer(session));
  return 1;  // the reference is ours
}

void TlsSessionKeeper::keep_renewed(SSL& ssl) const {
  if (SSL_session_reused(&ssl) != 1 || SSL_version(&ssl) == TLS1_3_VERSION) return;
  if (SslSessionPointer session{SSL_get1_session(&ssl)}) sessions->put(key, std::move(session));
}

}  // namespace weir::net
