#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "lb/net/tls_identity.h"

// The answer of an OCSP responder (RFC 6960), kept in a file and stapled to handshakes (RFC 6066 8).
namespace weir::net {

struct TlsStaple {
  std::vector<std::uint8_t> der;
  std::chrono::sys_seconds this_update{};
  std::chrono::sys_seconds next_update{};  // from then on it is not stapled

  bool is_fresh(std::chrono::sys_seconds now) const { return now < next_update; }
};

// A response for the identity's leaf that says that it is good, now, and until when. With the issuer behind
// the leaf in the chain, the signature is checked, too: the issuer's, or that of a delegate with the issuer's
// certificate for that. The error is a line without the file's name, safe to log.
std::expected<TlsStaple, std::string> read_tls_staple(std::span<const std::uint8_t> der,
                                                      const TlsIdentity& identity,
                                                      std::chrono::sys_seconds now);

}  // namespace weir::net
