#include "lb/net/proxy_header_write.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

#include "lb/net/proxy_header_format.h"

namespace weir::net {
namespace {

using proxy_format::Command;
using proxy_format::ends_bytes;
using proxy_format::Family;
using proxy_format::FieldType;
using proxy_format::kFieldHeadBytes;
using proxy_format::kHeadBytes;
using proxy_format::kInetBytes;
using proxy_format::kPathBytes;
using proxy_format::kSignature;
using proxy_format::kTlsCertificateInSession;
using proxy_format::kTlsCertificateSent;
using proxy_format::kTlsEncrypted;
using proxy_format::kTlsHeadBytes;
using proxy_format::kUnnamed;
using proxy_format::kV1Start;
using proxy_format::kVersion2;
using proxy_format::Transport;

void put8(std::string& out, unsigned value) { out += static_cast<char>(value); }

void put16(std::string& out, std::size_t value) {
  put8(out, static_cast<unsigned>(value >> 8 & 0xff));
  put8(out, static_cast<unsigned>(value & 0xff));
}

// The family that both ends have; unspecified: there is none.
Family family_of(const ProxyHeader& header) {
  if (header.local || !header.ends) return Family::unspecified;
  const auto& [source, destination] = *header.ends;
  if (source.is_unix() != destination.is_unix()) return Family::unspecified;
  if (source.is_unix()) {
    const bool fit = source.path().size() <= kPathBytes && destination.path().size() <= kPathBytes;
    return fit ? Family::local : Family::unspecified;
  }
  return source.ip().is_v4() && destination.ip().is_v4() ? Family::inet : Family::inet6;
}

// Version 1 knows an address of IPv6 by hexadecimal digits only: no dots in a mapped one.
std::string text_of(const base::IpAddress& ip, Family family) {
  if (family == Family::inet || !ip.is_v4()) return ip.to_string();
  return fmt::format("::ffff:{:x}:{:x}", ip.bytes[12] << 8 | ip.bytes[13], ip.bytes[14] << 8 | ip.bytes[15]);
}

void write_v1(std::string& out, const ProxyHeader& header) {
  const Family family = family_of(header);
  out += kV1Start;
  if (family == Family::unspecified || family == Family::local) {
    out += "UNKNOWN\r\n";
    return;
  }
  const auto& [source, destination] = *header.ends;
  fmt::format_to(std::back_inserter(out), "{} {} {} {} {}\r\n", family == Family::inet ? "TCP4" : "TCP6",
                 text_of(source.ip(), family), text_of(destination.ip(), family), source.port(),
                 destination.port());
}

void put_ip(std::string& out, const base::IpAddress& ip, Family family) {
  const std::string_view bytes(reinterpret_cast<const char*>(ip.bytes.data()), ip.bytes.size());
  out += family == Family::inet ? bytes.substr(bytes.size() - kInetBytes) : bytes;
}

void put_path(std::string& out, std::string_view path) {
  if (path == kUnnamed) path = {};
  out += path;
  out.append(kPathBytes - path.size(), '\0');
}

void put_ends(std::string& out, const ProxyHeader::Ends& ends, Family family) {
  if (family == Family::local) {
    put_path(out, ends.source.path());
    put_path(out, ends.destination.path());
    return;
  }
  put_ip(out, ends.source.ip(), family);
  put_ip(out, ends.destination.ip(), family);
  put16(out, ends.source.port());
  put16(out, ends.destination.port());
}

void put_field(std::string& out, FieldType type, std::string_view value) {
  put8(out, std::to_underlying(type));
  put16(out, value.size());
  out += value;
}

void put_text(std::string& out, FieldType type, std::string_view text, std::size_t most = kProxyTextBytes) {
  if (!text.empty() && text.size() <= most) put_field(out, type, text);
}

void put_tls(std::string& out, const ProxyTls& tls) {
  std::string value;
  put8(value, (tls.encrypted ? kTlsEncrypted : 0U) | (tls.certificate_sent ? kTlsCertificateSent : 0U) |
                  (tls.certificate_in_session ? kTlsCertificateInSession : 0U));
  put16(value, 0);
  put16(value, tls.verified ? 0 : 1);
  put_text(value, FieldType::tls_version, tls.version);
  put_text(value, FieldType::tls_common_name, tls.common_name);
  put_text(value, FieldType::tls_cipher, tls.cipher);
  put_text(value, FieldType::tls_signature_algorithm, tls.signature_algorithm);
  put_text(value, FieldType::tls_key_algorithm, tls.key_algorithm);
  put_field(out, FieldType::tls, value);
}

// So that the writer never makes what the reader finds too long.
constexpr std::size_t kMostWritten =
    kHeadBytes + ends_bytes(Family::local) + 2 * (kFieldHeadBytes + kProxyTextBytes) + kFieldHeadBytes +
    kProxyUniqueIdBytes + kFieldHeadBytes + kTlsHeadBytes + 5 * (kFieldHeadBytes + kProxyTextBytes);
static_assert(kMostWritten <= kProxyHeaderBytes);

void write_v2(std::string& out, const ProxyHeader& header) {
  const Family family = family_of(header);
  std::string block;
  if (family != Family::unspecified) put_ends(block, *header.ends, family);
  if (!header.local) {
    put_text(block, FieldType::alpn, header.alpn);
    put_text(block, FieldType::authority, header.authority);
    put_text(block, FieldType::unique_id, header.unique_id, kProxyUniqueIdBytes);
    if (header.tls) put_tls(block, *header.tls);
  }
  const Transport transport = family == Family::unspecified ? Transport::unspecified : Transport::stream;
  out += kSignature;
  put8(out, kVersion2 | std::to_underlying(header.local ? Command::local : Command::proxy));
  put8(out, static_cast<unsigned>(std::to_underlying(family) << 4) | std::to_underlying(transport));
  put16(out, block.size());
  out += block;
}

}  // namespace

void write_proxy_header(std::string& out, const ProxyHeader& header) {
  switch (header.version) {
    case ProxyVersion::v1: return write_v1(out, header);
    case ProxyVersion::v2: return write_v2(out, header);
  }
}

}  // namespace weir::net
