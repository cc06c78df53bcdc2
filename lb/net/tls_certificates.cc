#include "lb/net/tls_certificates.h"

#include <openssl/err.h>

#include <algorithm>
#include <new>
#include <span>
#include <utility>

namespace weir::net {

TlsCertificates::TlsCertificates(std::vector<TlsCertificate> certificates)
    : certificates_(std::move(certificates)) {
  std::vector<std::vector<std::string>> names;
  for (const TlsCertificate& certificate : certificates_) {
    Chain& chain = chains_.emplace_back(sk_X509_new_null());
    for (const X509Pointer& next : std::span(certificate.identity.chain).subspan(1)) {
      if (sk_X509_push(chain.get(), next.get()) == 0) throw std::bad_alloc();
    }
    names.push_back(certificate.identity.names);
  }
  names_ = TlsNames(names);
  default_ = choose_default();
}

TlsCertificates::Choice TlsCertificates::choose(std::span<const std::size_t> numbers) const {
  Choice choice;
  for (const std::size_t number : numbers) {
    auto& place = choice[static_cast<std::size_t>(certificates_[number].identity.key_type)];
    if (!place) place = number;
  }
  return choice;
}

TlsCertificates::Choice TlsCertificates::choose_default() const {
  if (certificates_.empty()) return {};
  std::vector<std::size_t> numbers{0};
  for (const std::string& name : certificates_.front().identity.names) {
    const auto serve = names_.find(name);
    if (serve.empty() || serve.front() != 0) continue;
    numbers.insert(numbers.end(), serve.begin(), serve.end());
    break;
  }
  return choose(numbers);
}

bool TlsCertificates::use(SSL& ssl, std::size_t number) const {
  const TlsIdentity& identity = certificates_[number].identity;
  return SSL_use_cert_and_key(&ssl, identity.chain.front().get(), identity.key.get(), chains_[number].get(),
                              1) == 1;
}

std::expected<void, std::size_t> TlsCertificates::use_default(SSL_CTX& context) const {
  const SslPointer trial(SSL_new(&context));
  for (std::size_t number = 0; number < certificates_.size(); ++number) {
    if (!trial || !use(*trial, number)) return std::unexpected(number);
  }
  for (const auto& number : default_) {
    if (!number) continue;
    const TlsIdentity& identity = certificates_[*number].identity;
    if (SSL_CTX_use_cert_and_key(&context, identity.chain.front().get(), identity.key.get(),
                                 chains_[*number].get(), 1) != 1) {
      return std::unexpected(*number);
    }
  }
  return {};
}

bool TlsCertificates::use(SSL& ssl, std::string_view server_name) const {
  const auto serve = names_.find(server_name);
  if (serve.empty()) return true;
  const Choice choice = choose(serve);
  if (choice == default_) return true;
  SSL_certs_clear(&ssl);
  return std::ranges::all_of(choice, [&](const auto& number) { return !number || use(ssl, *number); });
}

std::vector<std::size_t> TlsCertificates::shown(std::string_view server_name) const {
  const auto serve = names_.find(server_name);
  std::vector<std::size_t> numbers;
  for (const auto& number : serve.empty() ? default_ : choose(serve)) {
    if (number) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

const TlsStaple* TlsCertificates::staple(const X509* leaf, std::chrono::sys_seconds now) const {
  const auto shown = std::ranges::find(certificates_, leaf, [](const TlsCertificate& certificate) {
    return certificate.identity.chain.front().get();
  });
  const bool fresh = shown != certificates_.end() && shown->staple && shown->staple->is_fresh(now);
  return fresh ? &*shown->staple : nullptr;
}

}  // namespace weir::net
