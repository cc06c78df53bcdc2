#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lb/base/address.h"

// What a proxy in front says of a connection in its first bytes: the PROXY protocol, versions 1 and 2
// (HAProxy's proxy-protocol.txt). Values and a pure reader; where the header is asked for, it is required.
namespace weir::net {

// No header is longer. The protocol itself bounds version 1 only (107 bytes).
inline constexpr std::size_t kProxyHeaderBytes = 4096;
// Of the text of a field. Longer than RFC 7301 lets an ALPN name, and DNS a name, be.
inline constexpr std::size_t kProxyTextBytes = 255;
inline constexpr std::size_t kProxyUniqueIdBytes = 128;

enum class ProxyVersion : std::uint8_t { v1 = 1, v2 = 2 };

// How the client came to the proxy (PP2_TYPE_SSL). An empty text: not said, or over kProxyTextBytes.
struct ProxyTls {
  bool encrypted = false;
  bool certificate_sent = false;        // by the client, over this connection
  bool certificate_in_session = false;  // or when the session that it resumed was made
  bool verified = false;                // there is a certificate, and it was found good
  std::string version = {};             // "TLSv1.3"
  std::string cipher = {};
  std::string common_name = {};          // of the client's certificate
  std::string signature_algorithm = {};  // of the proxy's certificate: "RSA-SHA256"
  std::string key_algorithm = {};        // "RSA2048"
  bool operator==(const ProxyTls&) const = default;
};

// The texts, and the paths of unix sockets, are the sender's bytes, checked for nothing but their length:
// escape them.
struct ProxyHeader {
  struct Ends {
    base::SocketAddress source;       // the client
    base::SocketAddress destination;  // what it connected to
    bool operator==(const Ends&) const = default;
  };

  ProxyVersion version = ProxyVersion::v2;
  bool local = false;                // the proxy's own connection, such as a health check's
  std::optional<Ends> ends = {};     // absent: the connection's own addresses are the true ones
  std::string alpn = {};             // empty: none
  std::string authority = {};        // SNI; empty: none
  std::string unique_id = {};        // opaque; empty: none
  std::optional<ProxyTls> tls = {};  // absent: not said
  bool operator==(const ProxyHeader&) const = default;
};

enum class ProxyRefusal : std::uint8_t {
  not_proxy,  // neither version begins like this: most likely a client that came directly
  too_long,
  bad_line,  // version 1: spaces, parts or end of the line
  bad_address,
  bad_port,
  bad_version,
  bad_command,
  bad_family,    // of addresses, or an unknown transport
  bad_length,    // too short for the addresses
  bad_field,     // leaves the header, or has an impossible size
  double_field,  // of a kind that can be there only once
  wrong_checksum,
};
std::string_view word(ProxyRefusal refusal);

struct ProxyRead {
  ProxyHeader header;
  std::size_t size = 0;  // of the header: what follows is the connection's
};

// Absent: it may become a header, and more bytes are needed.
using ProxyReadResult = std::expected<std::optional<ProxyRead>, ProxyRefusal>;

// Reads `bytes`, the first ones of a connection. It never asks for more when it has kProxyHeaderBytes, and
// refuses at once what no header begins with.
ProxyReadResult read_proxy_header(std::string_view bytes);

}  // namespace weir::net
