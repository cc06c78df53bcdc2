#include "lb/net/tls_identity.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <span>
#include <utility>

#include "lb/base/address.h"
#include "lb/base/text.h"

namespace weir::net {
namespace {

using Kind = TlsIdentityProblem::Kind;
using NamesPointer = std::unique_ptr<GENERAL_NAMES, TlsFree<GENERAL_NAMES_free>>;

std::unexpected<TlsIdentityProblem> problem(Kind kind, TlsFile file, std::string text) {
  return std::unexpected(TlsIdentityProblem{kind, file, std::move(text)});
}

// A block of RFC 7468, with its BEGIN and END lines; without the latter if it is missing.
struct Block {
  std::string_view label;
  std::string_view text;
};

// The next one; `rest` becomes what stands behind it.
std::optional<Block> next_block(std::string_view& rest) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";
  const std::size_t begin = rest.find(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view text = rest.substr(begin);
  const std::string_view label =
      text.substr(kBegin.size(), text.find(kDashes, kBegin.size()) - kBegin.size());
  const std::size_t end = text.find(kEnd, kBegin.size());
  const std::size_t last = end == std::string_view::npos ? end : text.find(kDashes, end + kEnd.size());
  const std::size_t size = last == std::string_view::npos ? text.size() : last + kDashes.size();
  rest = text.substr(size);
  return Block{label, text.substr(0, size)};
}

BioPointer reader_of(std::string_view text) {
  return BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return 0; }

bool is_certificate(const Block& block) {
  return block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE";
}

bool is_encrypted(const Block& block) {
  return block.label == "ENCRYPTED PRIVATE KEY" || block.text.contains("Proc-Type: 4,ENCRYPTED");
}

std::optional<TlsIdentityProblem> too_large(std::string_view pem, TlsFile file) {
  if (pem.size() <= kMostPemBytes) return std::nullopt;
  return TlsIdentityProblem{Kind::too_large, file, fmt::format("it has over {} bytes", kMostPemBytes)};
}

std::string_view bytes_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// Absent: no host, and no wildcard, is called so.
std::optional<std::string> host_name(std::string_view text) {
  const auto fits = [](char c) {
    const char low = base::lower(c);
    return (low >= 'a' && low <= 'z') || base::is_digit(c) || c == '-' || c == '_' || c == '.' || c == '*';
  };
  if (text.empty() || text.size() > kMostDnsNameBytes || !std::ranges::all_of(text, fits))
    return std::nullopt;
  return base::to_lower(text);
}

// RFC 5280 4.2.1.6: 4 or 16 bytes.
std::optional<std::string> address_text(std::string_view bytes) {
  base::IpAddress address;
  if (bytes.size() == 4) {
    address.bytes[10] = address.bytes[11] = 0xff;
  } else if (bytes.size() != address.bytes.size()) {
    return std::nullopt;
  }
  std::ranges::copy(bytes, address.bytes.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  return address.to_string();
}

std::optional<std::string> common_name(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return std::nullopt;
  return host_name(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

}  // namespace

std::string_view word(TlsKeyType type) {
  switch (type) {
    case TlsKeyType::rsa: return "rsa";
    case TlsKeyType::ecdsa: return "ecdsa";
    case TlsKeyType::ed25519: break;
  }
  return "ed25519";
}

std::string_view word(TlsFile file) {
  switch (file) {
    case TlsFile::certificate: return "certificate";
    case TlsFile::key: return "key";
    case TlsFile::ca: return "ca";
    case TlsFile::crl: break;
  }
  return "crl";
}

std::chrono::sys_seconds tls_time_of(const ASN1_TIME* time) {
  std::tm parts{};
  // OpenSSL takes no time at all for the present.
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

std::string tls_time_text(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(static_cast<std::time_t>(time.time_since_epoch().count())));
}

std::string tls_name_text(const X509_NAME& name) {
  const BioPointer out(BIO_new(BIO_s_mem()));
  if (out == nullptr || X509_NAME_print_ex(out.get(), &name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::vector<std::string> tls_names_of(const X509& certificate) {
  const TlsErrorMark mark;
  std::vector<std::string> names;
  bool is_named = false;
  const NamesPointer entries(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(entries.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(entries.get(), i), &type);
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    is_named = true;
    const std::string_view bytes = bytes_of(static_cast<const ASN1_STRING*>(value));
    auto name = type == GEN_DNS ? host_name(bytes) : address_text(bytes);
    if (name) names.push_back(*std::move(name));
  }
  if (is_named) return names;
  if (auto name = common_name(certificate)) names.push_back(*std::move(name));
  return names;
}

std::expected<TlsKeyType, std::string> tls_key_type(const EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_RSA: return TlsKeyType::rsa;
    case EVP_PKEY_EC: return TlsKeyType::ecdsa;
    case EVP_PKEY_ED25519: return TlsKeyType::ed25519;
    default: break;
  }
  const char* const name = EVP_PKEY_get0_type_name(&key);
  return std::unexpected(name == nullptr ? "unknown" : name);
}

std::expected<std::vector<X509Pointer>, TlsIdentityProblem> read_tls_certificates(std::string_view pem) {
  constexpr TlsFile kFile = TlsFile::certificate;
  const TlsErrorMark mark;
  if (auto large = too_large(pem, kFile)) return std::unexpected(*std::move(large));
  std::vector<X509Pointer> certificates;
  while (const auto block = next_block(pem)) {
    if (!is_certificate(*block)) continue;
    const std::size_t number = certificates.size() + 1;
    if (number > kMostCertificates) {
      return problem(Kind::chain_long, kFile,
                     fmt::format("it holds over {} certificates", kMostCertificates));
    }
    X509Pointer certificate(PEM_read_bio_X509(reader_of(block->text).get(), nullptr, no_passphrase, nullptr));
    // Of a key that this OpenSSL does not know, there is none.
    if (certificate == nullptr || X509_get0_pubkey(certificate.get()) == nullptr) {
      return problem(Kind::certificate_broken, kFile,
                     fmt::format("its certificate {} cannot be read", number));
    }
    certificates.push_back(std::move(certificate));
  }
  if (certificates.empty()) return problem(Kind::no_certificate, kFile, "it holds no certificate");
  return certificates;
}

std::expected<PrivateKeyPointer, TlsIdentityProblem> read_tls_key(std::string_view pem) {
  constexpr TlsFile kFile = TlsFile::key;
  const TlsErrorMark mark;
  if (auto large = too_large(pem, kFile)) return std::unexpected(*std::move(large));
  while (const auto block = next_block(pem)) {
    if (!block->label.ends_with("PRIVATE KEY")) continue;
    if (is_encrypted(*block))
      return problem(Kind::key_encrypted, kFile, "its private key needs a passphrase");
    PrivateKeyPointer key(
        PEM_read_bio_PrivateKey(reader_of(block->text).get(), nullptr, no_passphrase, nullptr));
    if (key == nullptr) return problem(Kind::key_broken, kFile, "its private key cannot be read");
    if (const auto type = tls_key_type(*key); !type) {
      return problem(Kind::key_unsupported, kFile,
                     fmt::format("its private key is of the type {}; expected RSA, ECDSA or Ed25519",
                                 base::escape(type.error(), 32)));
    }
    return key;
  }
  return problem(Kind::no_key, kFile, "it holds no private key");
}

std::expected<TlsIdentity, TlsIdentityProblem> read_tls_identity(std::string_view certificate_pem,
                                                                 std::string_view key_pem) {
  const TlsErrorMark mark;
  auto chain = read_tls_certificates(certificate_pem);
  if (!chain) return std::unexpected(std::move(chain).error());
  auto key = read_tls_key(key_pem);
  if (!key) return std::unexpected(std::move(key).error());
  const X509& leaf = *chain->front();
  if (X509_check_private_key(&leaf, key->get()) != 1) {
    return problem(Kind::key_mismatch, TlsFile::key, "its private key belongs to another certificate");
  }
  return TlsIdentity{.chain = *std::move(chain),
                     .key = *std::move(key),
                     .key_type = tls_key_type(*X509_get0_pubkey(&leaf)).value(),
                     .names = tls_names_of(leaf),
                     .not_before = tls_time_of(X509_get0_notBefore(&leaf)),
                     .not_after = tls_time_of(X509_get0_notAfter(&leaf)),
                     .subject = tls_name_text(*X509_get_subject_name(&leaf))};
}

}  // namespace weir::net
