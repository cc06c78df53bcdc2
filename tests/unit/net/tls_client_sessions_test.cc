#include "lb/net/tls_client_sessions.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using weir::net::SslSessionPointer;
using weir::net::TlsClientSessions;

namespace {

SslSessionPointer session(unsigned char id, int version = TLS1_3_VERSION) {
  SslSessionPointer made(SSL_SESSION_new());
  SSL_SESSION_set_protocol_version(made.get(), version);
  SSL_SESSION_set1_id(made.get(), &id, 1);
  return made;
}

// 0: none.
unsigned char id_of(const SslSessionPointer& session) {
  unsigned size = 0;
  return session ? *SSL_SESSION_get_id(session.get(), &size) : 0;
}

}  // namespace

TEST_CASE("a session of TLS 1.3 is taken once, the newest first") {
  TlsClientSessions sessions(10);
  sessions.put("a", session(1));
  sessions.put("a", session(2));
  sessions.put("b", session(3));
  CHECK(id_of(sessions.take("a")) == 2);
  CHECK(id_of(sessions.take("a")) == 1);
  CHECK(id_of(sessions.take("a")) == 0);
  CHECK(id_of(sessions.take("b")) == 3);
  CHECK(sessions.keys() == 0);
}

TEST_CASE("a session of TLS 1.2 serves until there is a newer one") {
  TlsClientSessions sessions(10);
  sessions.put("a", session(1, TLS1_2_VERSION));
  CHECK(id_of(sessions.take("a")) == 1);
  CHECK(id_of(sessions.take("a")) == 1);
  sessions.put("a", session(2, TLS1_2_VERSION));
  CHECK(id_of(sessions.take("a")) == 2);
}

TEST_CASE("few sessions are kept for a key, and few keys") {
  TlsClientSessions sessions(2);
  for (unsigned char id = 1; id <= 6; ++id) sessions.put("a", session(id));
  for (unsigned char id = 6; id >= 3; --id) CHECK(id_of(sessions.take("a")) == id);
  CHECK(id_of(sessions.take("a")) == 0);

  sessions.put("a", session(1));
  sessions.put("b", session(2));
  sessions.put("a", session(3));  // used later than b
  sessions.put("c", session(4));
  CHECK(sessions.keys() == 2);
  CHECK(id_of(sessions.take("b")) == 0);
  CHECK(id_of(sessions.take("a")) == 3);
  CHECK(id_of(sessions.take("c")) == 4);
}

TEST_CASE("nothing is kept where nothing may be, nor what cannot be resumed") {
  TlsClientSessions none(0);
  none.put("a", session(1));
  CHECK(none.keys() == 0);
  TlsClientSessions some(1);
  some.put("a", SslSessionPointer(SSL_SESSION_new()));
  CHECK(some.keys() == 0);
}
