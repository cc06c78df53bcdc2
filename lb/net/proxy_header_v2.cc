#include <algorithm>
#include <utility>

#include "lb/net/proxy_header_format.h"
#include "lb/net/proxy_header_versions.h"

namespace weir::net {
namespace {

using proxy_format::Checksum;
using proxy_format::Command;
using proxy_format::ends_bytes;
using proxy_format::Family;
using proxy_format::FieldType;
using proxy_format::kChecksumBytes;
using proxy_format::kFieldHeadBytes;
using proxy_format::kHeadBytes;
using proxy_format::kInet6Bytes;
using proxy_format::kInetBytes;
using proxy_format::kPathBytes;
using proxy_format::kSignature;
using proxy_format::kTlsCertificateInSession;
using proxy_format::kTlsCertificateSent;
using proxy_format::kTlsEncrypted;
using proxy_format::kTlsHeadBytes;
using proxy_format::kUnnamed;
using proxy_format::kVersion2;
using proxy_format::Transport;

using Done = std::expected<void, ProxyRefusal>;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

std::uint16_t number16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

std::uint32_t number32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(number16(bytes, at)) << 16 | number16(bytes, at + 2);
}

struct ProxyField {
  FieldType type;
  std::string_view value;
};

// Takes the first field off the front of `bytes`, which are not empty. Absent: it leaves them.
std::optional<ProxyField> next_field(std::string_view& bytes) {
  if (bytes.size() < kFieldHeadBytes) return std::nullopt;
  const FieldType type{byte_at(bytes, 0)};
  const std::size_t size = number16(bytes, 1);
  bytes.remove_prefix(kFieldHeadBytes);
  if (bytes.size() < size) return std::nullopt;
  const std::string_view value = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return ProxyField{type, value};
}

Done keep(std::string_view value, std::size_t most, std::string& to) {
  if (value.size() > most) return std::unexpected(ProxyRefusal::bad_field);
  if (!to.empty()) return std::unexpected(ProxyRefusal::double_field);
  to = value;
  return {};
}

std::string* tls_text(ProxyTls& tls, FieldType type) {
  switch (type) {
    case FieldType::tls_version: return &tls.version;
    case FieldType::tls_common_name: return &tls.common_name;
    case FieldType::tls_cipher: return &tls.cipher;
    case FieldType::tls_signature_algorithm: return &tls.signature_algorithm;
    case FieldType::tls_key_algorithm: return &tls.key_algorithm;
    default: return nullptr;
  }
}

Done read_tls(std::string_view value, std::optional<ProxyTls>& to) {
  if (value.size() < kTlsHeadBytes) return std::unexpected(ProxyRefusal::bad_field);
  if (to) return std::unexpected(ProxyRefusal::double_field);
  const std::uint8_t flags = byte_at(value, 0);
  const bool certificate = (flags & (kTlsCertificateSent | kTlsCertificateInSession)) != 0;
  ProxyTls& tls = to.emplace();
  tls.encrypted = (flags & kTlsEncrypted) != 0;
  tls.certificate_sent = (flags & kTlsCertificateSent) != 0;
  tls.certificate_in_session = (flags & kTlsCertificateInSession) != 0;
  tls.verified = certificate && number32(value, 1) == 0;
  value.remove_prefix(kTlsHeadBytes);
  while (!value.empty()) {
    const auto field = next_field(value);
    if (!field) return std::unexpected(ProxyRefusal::bad_field);
    std::string* text = tls_text(tls, field->type);
    if (text == nullptr || field->value.size() > kProxyTextBytes) continue;
    if (const Done kept = keep(field->value, kProxyTextBytes, *text); !kept) return kept;
  }
  return {};
}

// The sum is of the header with zeros in the place of `stored`, which is a part of it.
bool sum_is_right(std::string_view header, std::string_view stored) {
  constexpr std::string_view kZeros("\0\0\0\0", kChecksumBytes);
  const auto at = static_cast<std::size_t>(stored.data() - header.data());
  Checksum sum;
  sum.add(header.substr(0, at));
  sum.add(kZeros);
  sum.add(header.substr(at + kChecksumBytes));
  return sum.value() == number32(stored, 0);
}

Done read_fields(std::string_view fields, std::string_view all, ProxyHeader& header) {
  bool summed = false;
  while (!fields.empty()) {
    const auto field = next_field(fields);
    if (!field) return std::unexpected(ProxyRefusal::bad_field);
    Done done;
    switch (field->type) {
      case FieldType::alpn: done = keep(field->value, kProxyTextBytes, header.alpn); break;
      case FieldType::authority: done = keep(field->value, kProxyTextBytes, header.authority); break;
      case FieldType::unique_id: done = keep(field->value, kProxyUniqueIdBytes, header.unique_id); break;
      case FieldType::tls: done = read_tls(field->value, header.tls); break;
      case FieldType::checksum:
        if (field->value.size() != kChecksumBytes) return std::unexpected(ProxyRefusal::bad_field);
        if (std::exchange(summed, true)) return std::unexpected(ProxyRefusal::double_field);
        if (!sum_is_right(all, field->value)) return std::unexpected(ProxyRefusal::wrong_checksum);
        break;
      default: break;
    }
    if (!done) return done;
  }
  return {};
}

base::IpAddress inet_at(std::string_view bytes, std::size_t at) {
  base::IpAddress address;
  address.bytes[10] = address.bytes[11] = 0xff;
  std::ranges::copy(bytes.substr(at, kInetBytes), address.bytes.end() - kInetBytes);
  return address;
}

base::IpAddress inet6_at(std::string_view bytes, std::size_t at) {
  base::IpAddress address;
  std::ranges::copy(bytes.substr(at, kInet6Bytes), address.bytes.begin());
  return address;
}

// An empty path and an abstract one are no paths.
base::SocketAddress path_at(std::string_view bytes, std::size_t at) {
  const std::string_view text = bytes.substr(at, kPathBytes);
  const std::string_view path = text.substr(0, text.find('\0'));
  return base::SocketAddress::unix_path(std::string(path.empty() ? kUnnamed : path));
}

std::optional<ProxyHeader::Ends> ends_of(std::string_view block, Family family) {
  switch (family) {
    case Family::unspecified: break;
    case Family::inet:
      return ProxyHeader::Ends{{inet_at(block, 0), number16(block, 2 * kInetBytes)},
                               {inet_at(block, kInetBytes), number16(block, 2 * kInetBytes + 2)}};
    case Family::inet6:
      return ProxyHeader::Ends{{inet6_at(block, 0), number16(block, 2 * kInet6Bytes)},
                               {inet6_at(block, kInet6Bytes), number16(block, 2 * kInet6Bytes + 2)}};
    case Family::local: return ProxyHeader::Ends{path_at(block, 0), path_at(block, kPathBytes)};
  }
  return std::nullopt;
}

// Datagrams do not come here, and an unknown transport says nothing of its addresses: both are as if they
// had none (2.2: "falls back to the UNSPEC mode").
Done read_block(std::string_view all, ProxyHeader& header) {
  const std::uint8_t kind = byte_at(all, kSignature.size() + 1);
  const Family family{static_cast<std::uint8_t>(kind >> 4)};
  const Transport transport{static_cast<std::uint8_t>(kind & 0x0f)};
  const std::string_view block = all.substr(kHeadBytes);
  if (block.size() < ends_bytes(family)) return std::unexpected(ProxyRefusal::bad_length);
  if (transport == Transport::stream) header.ends = ends_of(block, family);
  return read_fields(block.substr(ends_bytes(family)), all, header);
}

// The bytes behind the signature, as far as they are there. Of the proxy's own connection the family and all
// that follows are to be skipped, whatever they are.
Done check_head(std::string_view bytes) {
  const std::string_view head = bytes.substr(kSignature.size());
  if (head.empty()) return {};
  if ((byte_at(head, 0) & 0xf0) != kVersion2) return std::unexpected(ProxyRefusal::bad_version);
  const Command command{static_cast<std::uint8_t>(byte_at(head, 0) & 0x0f)};
  if (command > Command::proxy) return std::unexpected(ProxyRefusal::bad_command);
  if (command == Command::local || head.size() < 2) return {};
  const std::uint8_t kind = byte_at(head, 1);
  const bool known = Family{static_cast<std::uint8_t>(kind >> 4)} <= Family::local &&
                     Transport{static_cast<std::uint8_t>(kind & 0x0f)} <= Transport::datagram;
  if (!known) return std::unexpected(ProxyRefusal::bad_family);
  return {};
}

}  // namespace

ProxyReadResult read_proxy_v2(std::string_view bytes) {
  if (const Done head = check_head(bytes); !head) return std::unexpected(head.error());
  if (bytes.size() < kHeadBytes) return std::nullopt;
  const std::size_t size = kHeadBytes + number16(bytes, kHeadBytes - 2);
  if (size > kProxyHeaderBytes) return std::unexpected(ProxyRefusal::too_long);
  if (bytes.size() < size) return std::nullopt;
  ProxyRead read;
  read.size = size;
  read.header.local = byte_at(bytes, kSignature.size()) == kVersion2;
  if (read.header.local) return read;
  const Done done = read_block(bytes.substr(0, size), read.header);
  if (!done) return std::unexpected(done.error());
  return read;
}

}  // namespace weir::net
