// What is wrong with the files of TLS, found before a client finds it.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>

#include "lb/base/text.h"
#include "lb/net/kernel_tls.h"
#include "lb/net/tls_check.h"
#include "lb/net/tls_staple.h"
#include "lb/net/tls_ticket_keys.h"
#include "lb/net/tls_trust_check.h"
#include "lb/server/listener_tls.h"

namespace weir::server {
namespace {

using config::Finding;
using config::Severity;

constexpr std::array<std::string_view, 4> kOfTime = {"certificate-expired", "certificate-not-yet-valid",
                                                     "crl-expired", "crl-not-yet-valid"};

class TlsInspection {
 public:
  TlsInspection(const model::Snapshot& snapshot, const TlsTolerance& tolerance)
      : tolerance_(tolerance),
        uses_(config::tls_file_uses(snapshot)),
        files_(config::read_tls_files(uses_)),
        hashes_(files_.hashes()) {}

  std::vector<Finding> take(const model::Snapshot& snapshot) {
    for (Finding& finding : config::tls_file_findings(uses_, files_)) findings_.push_back(std::move(finding));
    for (const model::Listener& listener : snapshot.listeners) {
      if (listener.tls) look_at(listener.name, *listener.tls);
    }
    for (const model::TargetGroup& group : snapshot.target_groups) {
      if (group.tls) look_at(group.name, *group.tls);
    }
    return std::move(findings_);
  }

 private:
  void look_at(const std::string& listener, const model::ListenerTls& tls) {
    if (tls.kernel && !net::kernel_has_tls()) {
      findings_.push_back({.severity = Severity::warning,
                           .id = "kernel-tls",
                           .place = tls.place,
                           .path = fmt::format("listeners.{}.tls.kernel", listener),
                           .message = "this kernel has no tls: weir seals by itself"});
    }
    for (std::size_t i = 0; i < tls.certificates.size(); ++i) {
      look_at(fmt::format("listeners.{}.tls.certificates[{}].", listener, i), tls.certificates[i]);
    }
    const std::string prefix = fmt::format("listeners.{}.tls.", listener);
    if (tls.client_auth) {
      look_at_trust(prefix + "client_auth.", tls.client_auth->ca, tls.client_auth->crl);
    }
    if (tls.ticket_keys_file) {
      const std::string* const keys = text(*tls.ticket_keys_file);
      if (keys == nullptr) return;
      if (const auto read = net::TlsTicketKeys::from_text(*keys); !read) {
        add(Severity::error, "ticket-keys", *tls.ticket_keys_file, prefix + "ticket_keys_file", read.error());
      }
    }
  }

  void look_at(const std::string& group, const model::TargetTls& tls) {
    const std::string prefix = fmt::format("target_groups.{}.tls.", group);
    if (tls.ca) look_at_trust(prefix, *tls.ca, std::nullopt);
    if (tls.cert) look_at(prefix, model::TlsCertificate{.cert = *tls.cert, .key = *tls.key});
  }

  void look_at_trust(const std::string& prefix, const model::FilePath& ca,
                     const std::optional<model::FilePath>& crl) {
    const std::string* const authorities = text(ca);
    const std::string* const lists = crl ? text(*crl) : nullptr;
    if (authorities == nullptr) return;
    const auto crl_pem = lists != nullptr ? std::optional<std::string_view>(*lists) : std::nullopt;
    const bool served = is_served(ca) && (!crl || is_served(*crl));
    for (const net::TlsFinding& found : net::check_trust(*authorities, crl_pem, now_)) {
      const bool in_list = found.file == net::TlsFile::crl;
      add(severity_of(found, served), std::string(found.id), in_list ? *crl : ca,
          prefix + (in_list ? "crl" : "ca"), found.message);
    }
  }

  void look_at(const std::string& prefix, const model::TlsCertificate& named) {
    const std::string* const certificate = text(named.cert);
    const std::string* const key = text(named.key);
    if (certificate == nullptr || key == nullptr) return;
    const bool served = is_served(named.cert) && is_served(named.key);
    for (const net::TlsFinding& found : net::check_certificate(*certificate, *key, now_)) {
      const bool in_key = found.file == net::TlsFile::key;
      add(severity_of(found, served), std::string(found.id), in_key ? named.key : named.cert,
          prefix + (in_key ? "key" : "cert"), found.message);
    }
    if (!named.ocsp) return;
    const std::string* const der = text(*named.ocsp);
    const auto identity = net::read_tls_identity(*certificate, *key);
    if (der == nullptr || !identity) return;
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(der->data()), der->size());
    if (const auto staple = net::read_tls_staple(bytes, *identity, now_); !staple) {
      add(Severity::warning, "ocsp-response", *named.ocsp, prefix + "ocsp",
          staple.error() + ": nothing is stapled");
    }
  }

  Severity severity_of(const net::TlsFinding& found, bool served) const {
    if (served || found.severity == net::TlsSeverity::warning) return Severity::warning;
    const bool is_of_time = std::ranges::find(kOfTime, found.id) != kOfTime.end();
    return is_of_time && tolerance_.wrong_time ? Severity::warning : Severity::error;
  }

  bool is_served(const model::FilePath& file) const {
    if (tolerance_.served == nullptr) return false;
    const auto known = tolerance_.served->find(file.path);
    return known != tolerance_.served->end() && known->second == hashes_.at(file.path);
  }

  // Null: it could not be read, which has been told.
  const std::string* text(const model::FilePath& file) const {
    const config::TlsFile* const read = files_.find(file.path);
    return read != nullptr && read->content ? &*read->content : nullptr;
  }

  void add(Severity severity, std::string id, const model::FilePath& file, std::string path,
           std::string_view what) {
    findings_.push_back({.severity = severity,
                         .id = std::move(id),
                         .place = file.place,
                         .path = std::move(path),
                         .message = fmt::format("'{}': {}", base::escape(file.path), what)});
  }

  const TlsTolerance& tolerance_;
  const std::chrono::sys_seconds now_ =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::vector<config::TlsFileUse> uses_;
  const config::TlsFiles files_;
  const config::TlsFileHashes hashes_;
  std::vector<Finding> findings_;
};

}  // namespace

config::Diagnostics tls_findings(const config::Loaded& loaded, const TlsTolerance& tolerance) {
  config::Diagnostics diagnostics;
  for (const Finding& finding : TlsInspection(loaded.snapshot, tolerance).take(loaded.snapshot)) {
    diagnostics.push_back(diagnostic_of(finding, loaded));
  }
  return diagnostics;
}

}  // namespace weir::server
