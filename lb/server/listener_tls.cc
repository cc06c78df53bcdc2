#include "lb/server/listener_tls.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "lb/base/clock.h"
#include "lb/net/tls_check.h"

namespace weir::server {
namespace {

using Use = config::TlsFileUse;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Of one listener, from files that have been read.
class ContextMaker {
 public:
  ContextMaker(const model::Listener& listener, const config::TlsFiles& files,
               std::shared_ptr<net::TlsTicketKeys> shared_keys,
               std::vector<admin::ServedCertificate>& certificates)
      : listener_(listener),
        tls_(*listener.tls),
        files_(files),
        shared_keys_(std::move(shared_keys)),
        certificates_(certificates) {}

  std::expected<std::shared_ptr<const net::TlsServerContext>, StartError> make() {
    net::TlsServerSettings settings;
    settings.least_version =
        tls_.min_version == model::TlsVersion::tls_1_3 ? net::TlsVersion::tls_1_3 : net::TlsVersion::tls_1_2;
    for (const model::Alpn alpn : tls_.alpn) {
      if (alpn != model::Alpn::h2 || listener_.http2) settings.alpn.emplace_back(model::word(alpn));
    }
    for (std::size_t i = 0; i < tls_.certificates.size(); ++i) {
      auto certificate = certificate_of(i);
      if (!certificate) return std::unexpected(certificate.error());
      settings.certificates.push_back(*std::move(certificate));
    }
    if (const auto done = authenticate(settings); !done) return std::unexpected(done.error());
    auto keys = ticket_keys();
    if (!keys) return std::unexpected(keys.error());
    settings.ticket_keys = *std::move(keys);
    settings.kernel = tls_.kernel;
    auto made = net::TlsServerContext::make(std::move(settings));
    if (made) return *std::move(made);
    const net::TlsContextProblem& problem = made.error();
    if (problem.kind == net::TlsContextProblem::Kind::certificate) {
      return std::unexpected(file_error(tls_.certificates[problem.certificate].cert,
                                        key(fmt::format("certificates[{}].cert", problem.certificate)),
                                        problem.text));
    }
    return std::unexpected(StartError{tls_.place, key("") + problem.text});
  }

 private:
  std::string key(std::string_view rest) const {
    return fmt::format("listeners.{}.tls.{}", listener_.name, rest);
  }

  // It has been read: what could not be was told before.
  const std::string& text(const model::FilePath& file) const { return *files_.find(file.path)->content; }

  std::expected<net::TlsCertificate, StartError> certificate_of(std::size_t number) {
    const model::TlsCertificate& named = tls_.certificates[number];
    auto identity = net::read_tls_identity(text(named.cert), text(named.key));
    if (!identity) {
      const bool in_key = identity.error().file == net::TlsFile::key;
      return std::unexpected(file_error(
          in_key ? named.key : named.cert,
          key(fmt::format("certificates[{}].{}", number, in_key ? "key" : "cert")), identity.error().text));
    }
    tell(*identity);
    net::TlsCertificate certificate{.identity = *std::move(identity), .staple = {}};
    if (named.ocsp) {
      const std::string& der = text(*named.ocsp);
      const std::span bytes(reinterpret_cast<const std::uint8_t*>(der.data()), der.size());
      // One that is of no use is told of by tls_findings, and is no reason not to serve.
      if (auto staple = net::read_tls_staple(bytes, certificate.identity, now()))
        certificate.staple = *staple;
    }
    return certificate;
  }

  void tell(const net::TlsIdentity& identity) {
    const net::TlsCertificateFacts facts = net::certificate_facts(identity);
    certificates_.push_back({.listener = listener_.name,
                             .subject = facts.subject,
                             .names = identity.names,
                             .not_after = facts.not_after});
    std::vector<std::string>& names = certificates_.back().names;
    names.resize(std::min(names.size(), admin::ServedCertificate::kMostNames));
  }

  std::expected<void, StartError> authenticate(net::TlsServerSettings& settings) const {
    if (!tls_.client_auth) return {};
    const model::ClientAuth& asked = *tls_.client_auth;
    settings.client_auth = asked.mode == model::ClientAuth::Mode::required ? net::TlsClientAuth::required
                                                                           : net::TlsClientAuth::optional;
    auto trust = net::TlsTrust::from_pem(
        text(asked.ca), asked.crl ? std::optional<std::string_view>(text(*asked.crl)) : std::nullopt);
    if (!trust) {
      const bool in_list = trust.error().file == net::TlsFile::crl;
      return std::unexpected(file_error(in_list ? *asked.crl : asked.ca,
                                        key(in_list ? "client_auth.crl" : "client_auth.ca"),
                                        trust.error().text));
    }
    settings.client_trust = *std::move(trust);
    return {};
  }

  std::expected<std::shared_ptr<const net::TlsTicketKeys>, StartError> ticket_keys() const {
    if (!tls_.ticket_keys_file) return shared_keys_;
    auto keys = net::TlsTicketKeys::from_text(text(*tls_.ticket_keys_file));
    if (!keys)
      return std::unexpected(file_error(*tls_.ticket_keys_file, key("ticket_keys_file"), keys.error()));
    return *std::move(keys);
  }

  const model::Listener& listener_;
  const model::ListenerTls& tls_;
  const config::TlsFiles& files_;
  const std::shared_ptr<net::TlsTicketKeys> shared_keys_;
  std::vector<admin::ServedCertificate>& certificates_;
};

// Whether a listener's TLS is as it was, its files included.
bool is_as_before(const model::Listener& listener, const std::vector<Use>& uses,
                  const model::Snapshot& before, const ServedTls& running,
                  const config::TlsFileHashes& files) {
  const auto old = std::ranges::find(before.listeners, listener.name, &model::Listener::name);
  if (old == before.listeners.end() || old->tls != listener.tls) return false;
  if (old->http2.has_value() != listener.http2.has_value()) return false;
  return std::ranges::all_of(uses, [&](const Use& use) {
    const bool its_own = use.owner == Use::Owner::listener && use.name == listener.name;
    return !its_own || config::is_same_file(use.path, running.files, files);
  });
}

}  // namespace

std::expected<ServedTls, StartError> served_tls(const model::Snapshot& snapshot,
                                                const model::Snapshot* before, const ServedTls* running) {
  const std::vector<Use> uses = config::tls_file_uses(snapshot);
  const config::TlsFiles files = config::read_tls_files(uses);
  for (const config::Finding& finding : config::tls_file_findings(uses, files)) {
    if (finding.severity != config::Severity::error) continue;
    return std::unexpected(StartError{finding.place, finding.path + ": " + finding.message});
  }
  ServedTls served{.files = files.hashes(), .contexts = {}, .ticket_keys = {}};
  if (running != nullptr) served.ticket_keys = running->ticket_keys;
  for (const model::Listener& listener : snapshot.listeners) {
    if (!listener.tls) continue;
    if (served.ticket_keys == nullptr) {
      auto keys = net::TlsTicketKeys::in_memory(base::SystemClock().now());
      if (!keys) return std::unexpected(StartError{{}, "keys for the tickets of TLS: " + keys.error()});
      served.ticket_keys = *std::move(keys);
    }
    auto made = ContextMaker(listener, files, served.ticket_keys, served.certificates).make();
    if (!made) return std::unexpected(made.error());
    const bool same = running != nullptr && is_as_before(listener, uses, *before, *running, served.files);
    served.contexts.emplace(listener.name, same ? running->contexts.at(listener.name) : *std::move(made));
  }
  const TargetTlsBefore of_targets{.snapshot = before,
                                   .contexts = running != nullptr ? &running->targets : nullptr,
                                   .files = running != nullptr ? &running->files : nullptr};
  auto targets = target_contexts(snapshot, files, served.files, of_targets);
  if (!targets) return std::unexpected(targets.error());
  served.targets = *std::move(targets);
  for (const auto& [group, context] : served.targets) {
    if (const auto& shown = context->certificate())
      served.certificates_of_groups.push_back({shown->subject, shown->not_after});
  }
  return served;
}

}  // namespace weir::server
