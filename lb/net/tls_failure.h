#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/net/tls_pointers.h"

namespace weir::net {

// Why a TLS connection did not come about, or broke.
enum class TlsFailure : std::uint8_t {
  none,
  plain_http,          // a request in clear: TlsStream::release_plain
  not_tls,             // something else
  no_shared_protocol,  // versions
  no_shared_cipher,    // ciphers, groups, signature algorithms, or no certificate for what the client can do
  no_application_protocol,  // ALPN (RFC 7301 3.2)
  certificate_missing,      // of a client, which has to have one
  certificate_expired,      // or not valid yet
  certificate_revoked,
  certificate_unknown_ca,  // nobody who is trusted vouches for it
  certificate_refused,     // for another reason
  name_mismatch,           // the target's certificate is for other names
  peer_alert,              // the other side gave up, and said why
  peer_closed,             // or did not
  too_large,               // a handshake beyond all measure
  malformed,               // against the protocol, or changed on the way
  internal,                // no memory, or an error of ours
};

// For metrics and logs: "plain_http".
std::string_view word(TlsFailure failure);

// A failure with what is known of it: one line, escaped and bounded.
struct TlsTrouble {
  TlsFailure kind = TlsFailure::none;
  std::string detail;
};

// What the last error of OpenSSL on this thread means, for a connection; empties the thread's queue of
// errors.
TlsTrouble take_tls_trouble(const SSL& ssl);
// The newest error's text, for what is no connection; empties the queue.
std::string take_tls_error_text();

}  // namespace weir::net
