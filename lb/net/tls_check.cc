#include "lb/net/tls_check.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "lb/base/text.h"

namespace weir::net {
namespace {

using std::chrono::sys_seconds;
using Kind = TlsIdentityProblem::Kind;
using Chain = std::span<const X509Pointer>;

constexpr auto kSoon = std::chrono::days(14);
constexpr int kLeastRsaBits = 2048, kLeastCurveBits = 256;

// The leaf is "the certificate 'CN=a.test'"; others go by their number in the file.
std::string called(Chain chain, std::size_t index) {
  const std::string subject = tls_name_excerpt(*X509_get_subject_name(chain[index].get()));
  if (index != 0) return fmt::format("certificate {} of the chain ('{}')", index + 1, subject);
  return subject.empty() ? "the certificate" : fmt::format("the certificate '{}'", subject);
}

class Report : public TlsFindings {
 public:
  void error(std::string_view id, std::string message) {
    add(TlsSeverity::error, TlsFile::certificate, id, std::move(message));
  }
  void warning(std::string_view id, std::string message) {
    add(TlsSeverity::warning, TlsFile::certificate, id, std::move(message));
  }
};

std::string_view id_of(Kind kind) {
  switch (kind) {
    case Kind::too_large: return "file-too-large";
    case Kind::no_certificate: return "certificate-missing";
    case Kind::certificate_broken: return "certificate-broken";
    case Kind::chain_long: return "chain-long";
    case Kind::no_key: return "key-missing";
    case Kind::key_broken: return "key-broken";
    case Kind::key_encrypted: return "key-encrypted";
    case Kind::key_unsupported: return "key-unsupported";
    case Kind::key_mismatch: break;
  }
  return "key-mismatch";
}

std::string_view advice_for(Kind kind) {
  switch (kind) {
    case Kind::no_certificate: return ": expected PEM with a CERTIFICATE block";
    case Kind::no_key: return ": expected PEM with a PRIVATE KEY block";
    case Kind::key_encrypted: return ": store it without one, for weir's user alone to read";
    default: return "";
  }
}

void add_problem(Report& report, const TlsIdentityProblem& problem) {
  report.add(TlsSeverity::error, problem.file, id_of(problem.kind),
             problem.text + std::string(advice_for(problem.kind)));
}

void check_times(Report& report, Chain chain, std::size_t index, sys_seconds now) {
  const sys_seconds begin = tls_time_of(X509_get0_notBefore(chain[index].get()));
  const sys_seconds end = tls_time_of(X509_get0_notAfter(chain[index].get()));
  const std::string_view renew = index == 0 ? "renew it" : "replace it by its issuer's new one";
  if (now > end) {
    report.error("certificate-expired",
                 fmt::format("{} expired at {}: {}", called(chain, index), tls_time_text(end), renew));
  } else if (now < begin) {
    report.error("certificate-not-yet-valid",
                 fmt::format("{} is not valid before {}: wait, or set this machine's clock",
                             called(chain, index), tls_time_text(begin)));
  } else if (end - now < kSoon) {
    const auto days = std::chrono::floor<std::chrono::days>(end - now).count();
    report.warning("certificate-expires-soon",
                   fmt::format("{} expires in {} day{}, at {}: {}", called(chain, index), days,
                               days == 1 ? "" : "s", tls_time_text(end), renew));
  }
}

void check_strength(Report& report, Chain chain, std::size_t index) {
  X509& certificate = *chain[index];
  const EVP_PKEY* const key = X509_get0_pubkey(&certificate);
  const int bits = EVP_PKEY_get_bits(key);
  const auto type = tls_key_type(*key);
  if (!type) {
    report.error("key-unsupported", fmt::format("{} has a key of the type {}; expected RSA, ECDSA or Ed25519",
                                                called(chain, index), base::escape(type.error(), 32)));
  } else if (*type != TlsKeyType::ed25519) {
    const bool is_rsa = *type == TlsKeyType::rsa;
    const int least = is_rsa ? kLeastRsaBits : kLeastCurveBits;
    if (bits < least) {
      report.error("key-weak",
                   fmt::format("{} has {} key of {} bits, which clients refuse: make one of {} or more",
                               called(chain, index), is_rsa ? "an RSA" : "an ECDSA", bits, least));
    }
  }
  int hash = NID_undef;
  // Nobody looks at the signature of a root.
  if (is_self_signed(certificate) ||
      X509_get_signature_info(&certificate, &hash, nullptr, nullptr, nullptr) != 1) {
    return;
  }
  if (hash == NID_md5 || hash == NID_sha1) {
    report.error("signature-weak",
                 fmt::format("{} is signed with {}, which clients refuse: have it issued anew",
                             called(chain, index), hash == NID_md5 ? "MD5" : "SHA-1"));
  }
}

// The index of a certificate that issued this one; the next one if it did. Absent: none in the file.
std::optional<std::size_t> issuer_of(Chain chain, std::size_t index) {
  const auto issued = [&](std::size_t by) {
    return by != index && X509_check_issued(chain[by].get(), chain[index].get()) == X509_V_OK;
  };
  if (index + 1 < chain.size() && issued(index + 1)) return index + 1;
  for (std::size_t by = 0; by < chain.size(); ++by) {
    if (issued(by)) return by;
  }
  return std::nullopt;
}

void check_order(Report& report, Chain chain) {
  std::size_t at = 0;
  for (; !is_self_signed(*chain[at]); ++at) {
    const auto issuer = issuer_of(chain, at);
    if (!issuer) break;
    if (*issuer == at + 1) continue;
    report.error("chain-order",
                 fmt::format("certificate {} is the issuer of certificate {}: each must stand behind "
                             "the one that it issued, the server's first",
                             *issuer + 1, at + 1));
    return;
  }
  if (at == 0 && !is_self_signed(*chain[0])) {
    report.warning("chain-missing",
                   fmt::format("{} comes without its issuer '{}': add the intermediate certificates "
                               "behind it, or clients may not trust it",
                               called(chain, 0), tls_name_excerpt(*X509_get_issuer_name(chain[0].get()))));
  } else if (at + 1 < chain.size()) {
    report.warning(
        "chain-extra",
        fmt::format("certificate {} did not issue certificate {}: what stands behind it leads nowhere; "
                    "remove it, or add what is missing between",
                    at + 2, at + 1));
  }
}

// A self-signed certificate without a key usage is what `openssl req -x509` makes, and no authority's.
bool is_authority(X509& certificate) {
  const bool is_ca = (X509_get_extension_flags(&certificate) & EXFLAG_CA) != 0;
  const bool names_usage = X509_get_key_usage(&certificate) != UINT32_MAX;
  return is_ca && (names_usage || !is_self_signed(certificate));
}

void check_use(Report& report, Chain chain) {
  if (tls_names_of(*chain[0]).empty()) {
    report.warning("certificate-without-names",
                   fmt::format("{} has no host name that a client could ask for: have it issued with a "
                               "subjectAltName",
                               called(chain, 0)));
  }
  if (is_authority(*chain[0])) {
    report.warning("certificate-is-authority",
                   fmt::format("{} is an authority's, and its key can issue others: have it issue one for "
                               "the server",
                               called(chain, 0)));
  }
}

// Whether the key may be the first one's, as far as is known.
bool check_match(Report& report, Chain chain, const EVP_PKEY& key) {
  const auto matches = [&](const X509Pointer& each) { return X509_check_private_key(each.get(), &key) == 1; };
  const auto owner = std::ranges::find_if(chain, matches);
  if (owner == chain.begin()) return true;
  if (owner == chain.end()) {
    report.add(TlsSeverity::error, TlsFile::key, "key-mismatch",
               fmt::format("its private key does not belong to {}: name the key that it was issued for",
                           called(chain, 0)));
    return true;
  }
  report.error("chain-order",
               fmt::format("the key belongs to certificate {}: it must stand first, each issuer behind the "
                           "one that it issued",
                           owner - chain.begin() + 1));
  return false;
}

void check_chain(Report& report, Chain chain, const EVP_PKEY* key, sys_seconds now) {
  const bool begins_right = key == nullptr || check_match(report, chain, *key);
  for (std::size_t i = 0; i < chain.size(); ++i) {
    check_times(report, chain, i, now);
    check_strength(report, chain, i);
  }
  if (!begins_right) return;
  check_order(report, chain);
  check_use(report, chain);
}

}  // namespace

std::vector<TlsFinding> check_certificate(std::string_view certificate_pem, std::string_view key_pem,
                                          sys_seconds now) {
  const TlsErrorMark mark;
  Report report;
  const auto chain = read_tls_certificates(certificate_pem);
  const auto key = read_tls_key(key_pem);
  if (!chain) add_problem(report, chain.error());
  if (!key) add_problem(report, key.error());
  if (chain) check_chain(report, *chain, key ? key->get() : nullptr, now);
  return std::move(report).take();
}

TlsCertificateFacts certificate_facts(const TlsIdentity& identity) {
  std::string subject = identity.subject;
  if (subject.empty() && !identity.names.empty()) subject = identity.names.front();
  return {std::move(subject), identity.not_after};
}

std::optional<TlsCertificateFacts> certificate_facts(std::string_view certificate_pem) {
  const auto chain = read_tls_certificates(certificate_pem);
  if (!chain) return std::nullopt;
  const X509& leaf = *chain->front();
  return certificate_facts(TlsIdentity{.chain = {},
                                       .key = nullptr,
                                       .names = tls_names_of(leaf),
                                       .not_after = tls_time_of(X509_get0_notAfter(&leaf)),
                                       .subject = tls_name_text(*X509_get_subject_name(&leaf))});
}

}  // namespace weir::net
