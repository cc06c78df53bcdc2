#include "lb/net/tls_trust_check.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "lb/net/tls_trust.h"

namespace weir::net {
namespace {

using std::chrono::sys_seconds;
using Authorities = std::span<const X509Pointer>;
using Lists = std::span<const X509CrlPointer>;

struct Period {
  sys_seconds begin;
  sys_seconds end;

  bool has(sys_seconds time) const { return begin <= time && time <= end; }
};

Period period_of(const X509& certificate) {
  return {tls_time_of(X509_get0_notBefore(&certificate)), tls_time_of(X509_get0_notAfter(&certificate))};
}

// A list need not say when its next one comes (RFC 5280 5.1.2.5 wants it to).
Period period_of(const X509_CRL& list) {
  const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(&list);
  return {tls_time_of(X509_CRL_get0_lastUpdate(&list)),
          next != nullptr ? tls_time_of(next) : sys_seconds::max()};
}

std::string called(Authorities authorities, std::size_t index) {
  const std::string subject = tls_name_excerpt(*X509_get_subject_name(authorities[index].get()));
  return authorities.size() == 1 ? fmt::format("the certificate '{}'", subject)
                                 : fmt::format("certificate {} ('{}')", index + 1, subject);
}

void check_authority(TlsFindings& findings, Authorities authorities, std::size_t index) {
  X509& certificate = *authorities[index];
  if (X509_check_ca(&certificate) != 0) return;
  findings.add(
      TlsSeverity::warning, TlsFile::ca, "certificate-no-authority",
      fmt::format(
          "{} is no authority's: {}; name the one that issues certificates", called(authorities, index),
          is_self_signed(certificate) ? "it makes nothing trusted but itself" : "it makes nothing trusted"));
}

void check_authorities(TlsFindings& findings, Authorities authorities, sys_seconds now) {
  const bool any_in_time =
      std::ranges::any_of(authorities, [&](const X509Pointer& each) { return period_of(*each).has(now); });
  const TlsSeverity severity = any_in_time ? TlsSeverity::warning : TlsSeverity::error;
  for (std::size_t i = 0; i < authorities.size(); ++i) {
    const auto [begin, end] = period_of(*authorities[i]);
    if (now > end) {
      findings.add(severity, TlsFile::ca, "certificate-expired",
                   fmt::format("{} expired at {}, and vouches for nobody any more: replace it by its new one",
                               called(authorities, i), tls_time_text(end)));
    } else if (now < begin) {
      findings.add(severity, TlsFile::ca, "certificate-not-yet-valid",
                   fmt::format("{} is not valid before {}: wait, or set this machine's clock",
                               called(authorities, i), tls_time_text(begin)));
    } else {
      check_authority(findings, authorities, i);
    }
  }
}

// An old list does no harm beside a newer one of the same authority.
bool has_list_in_time(Lists lists, const X509_NAME& issuer, sys_seconds now) {
  return std::ranges::any_of(lists, [&](const X509CrlPointer& each) {
    return X509_NAME_cmp(X509_CRL_get_issuer(each.get()), &issuer) == 0 && period_of(*each).has(now);
  });
}

void check_times(TlsFindings& findings, Lists lists, sys_seconds now) {
  for (const X509CrlPointer& list : lists) {
    const X509_NAME& issuer = *X509_CRL_get_issuer(list.get());
    const auto [begin, end] = period_of(*list);
    if (has_list_in_time(lists, issuer, now)) continue;
    const std::string name = tls_name_excerpt(issuer);
    if (now > end) {
      findings.add(TlsSeverity::error, TlsFile::crl, "crl-expired",
                   fmt::format("the revocation list of '{}' expired at {}, and whom that authority vouches "
                               "for is refused: fetch its new one",
                               name, tls_time_text(end)));
    } else {
      findings.add(TlsSeverity::error, TlsFile::crl, "crl-not-yet-valid",
                   fmt::format("the revocation list of '{}' is not valid before {}: wait, or set this "
                               "machine's clock",
                               name, tls_time_text(begin)));
    }
  }
}

enum class ListOf : std::uint8_t { nobody, namesake, authority };

ListOf list_of(Lists lists, X509& authority) {
  ListOf found = ListOf::nobody;
  for (const X509CrlPointer& list : lists) {
    if (X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_subject_name(&authority)) != 0) continue;
    if (X509_CRL_verify(list.get(), X509_get0_pubkey(&authority)) == 1) return ListOf::authority;
    found = ListOf::namesake;
  }
  return found;
}

// A list of nobody in the file of authorities may be of one between, which clients bring along. What is
// refused for want of a list is refused for one of those that are in there.
void check_owners(TlsFindings& findings, Authorities authorities, Lists lists, sys_seconds now) {
  std::vector<std::string> missing;
  std::size_t in_time = 0;
  for (const X509Pointer& authority : authorities) {
    if (!period_of(*authority).has(now)) continue;
    ++in_time;
    const ListOf found = list_of(lists, *authority);
    if (found == ListOf::authority) continue;
    const std::string name = tls_name_excerpt(*X509_get_subject_name(authority.get()));
    missing.push_back(fmt::format(
        "{}, and whom that authority vouches for is refused: add it",
        found == ListOf::namesake
            ? fmt::format("its revocation list of '{0}' is signed with another key than that of '{0}'", name)
            : fmt::format("it holds no revocation list of '{}'", name)));
  }
  const TlsSeverity severity = missing.size() == in_time ? TlsSeverity::error : TlsSeverity::warning;
  for (std::string& each : missing) findings.add(severity, TlsFile::crl, "crl-missing", std::move(each));
}

}  // namespace

std::vector<TlsFinding> check_trust(std::string_view ca_pem, std::optional<std::string_view> crl_pem,
                                    sys_seconds now) {
  const TlsErrorMark mark;
  TlsFindings findings;
  if (const auto trust = TlsTrust::from_pem(ca_pem, crl_pem); !trust) {
    const TlsTrustProblem& problem = trust.error();
    findings.add(TlsSeverity::error, problem.file,
                 problem.file == TlsFile::ca ? "ca-unreadable" : "crl-unreadable", problem.text);
    return std::move(findings).take();
  }
  const auto authorities = read_tls_certificates(ca_pem);
  check_authorities(findings, *authorities, now);
  if (crl_pem) {
    const auto lists = read_tls_revocation_lists(*crl_pem);
    check_times(findings, *lists, now);
    check_owners(findings, *authorities, *lists, now);
  }
  return std::move(findings).take();
}

}  // namespace weir::net
