#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// The numbers of the PROXY protocol (proxy-protocol.txt 2.1 and 2.2), for its reader and its writer.
namespace weir::net::proxy_format {

// Whether the two are the same as far as both go.
constexpr bool begins_alike(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  return a.substr(0, common) == b.substr(0, common);
}

inline constexpr std::string_view kV1Start = "PROXY ";
inline constexpr std::size_t kV1Bytes = 107;  // the longest line with its CRLF

inline constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
inline constexpr std::size_t kHeadBytes = 16;  // signature, version and command, family, length

inline constexpr std::uint8_t kVersion2 = 0x20;
enum class Command : std::uint8_t { local = 0, proxy = 1 };
enum class Family : std::uint8_t { unspecified = 0, inet = 1, inet6 = 2, local = 3 };
enum class Transport : std::uint8_t { unspecified = 0, stream = 1, datagram = 2 };

inline constexpr std::size_t kInetBytes = 4;
inline constexpr std::size_t kInet6Bytes = 16;
inline constexpr std::size_t kPathBytes = 108;
// What base::SocketAddress calls an end without a path; on the wire the path is empty.
inline constexpr std::string_view kUnnamed = "unnamed";

// Of both ends together, with their ports.
constexpr std::size_t ends_bytes(Family family) {
  switch (family) {
    case Family::unspecified: return 0;
    case Family::inet: return 2 * (kInetBytes + 2);
    case Family::inet6: return 2 * (kInet6Bytes + 2);
    case Family::local: return 2 * kPathBytes;
  }
  return 0;
}

inline constexpr std::size_t kFieldHeadBytes = 3;  // type and length
enum class FieldType : std::uint8_t {
  alpn = 0x01,
  authority = 0x02,
  checksum = 0x03,
  unique_id = 0x05,
  tls = 0x20,
  // inside of tls
  tls_version = 0x21,
  tls_common_name = 0x22,
  tls_cipher = 0x23,
  tls_signature_algorithm = 0x24,
  tls_key_algorithm = 0x25,
};

inline constexpr std::size_t kTlsHeadBytes = 5;  // flags, and 4 bytes that are 0 for a good certificate
inline constexpr std::uint8_t kTlsEncrypted = 0x01;
inline constexpr std::uint8_t kTlsCertificateSent = 0x02;
inline constexpr std::uint8_t kTlsCertificateInSession = 0x04;

inline constexpr std::size_t kChecksumBytes = 4;

// CRC-32C (RFC 9260 appendix A), byte by byte: a header is short, and few senders add it.
class Checksum {
 public:
  constexpr void add(std::string_view bytes) {
    for (const char c : bytes) rest_ = kTable[(rest_ ^ static_cast<std::uint8_t>(c)) & 0xff] ^ rest_ >> 8;
  }
  constexpr std::uint32_t value() const { return ~rest_; }

 private:
  static constexpr std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
      std::uint32_t rest = byte;
      for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ ((rest & 1) != 0 ? 0x82f63b78U : 0);
      table[byte] = rest;
    }
    return table;
  }();

  std::uint32_t rest_ = 0xffffffff;
};

}  // namespace weir::net::proxy_format
