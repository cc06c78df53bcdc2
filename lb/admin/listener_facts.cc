#include "lb/admin/listener_facts.h"

#include <algorithm>

namespace weir::admin {

BoundListener bound_listener(const model::Listener& listener) {
  BoundListener bound{.name = listener.name, .binds = {}, .protocol = listener.protocol};
  bound.http2 = listener.http2 && (!listener.tls || model::offers(*listener.tls, model::Alpn::h2));
  bound.proxy_protocol = listener.proxy_protocol;
  if (listener.tls && listener.tls->client_auth) bound.client_auth = listener.tls->client_auth->mode;
  return bound;
}

std::string_view word(model::Protocol protocol) {
  return protocol == model::Protocol::https ? "https" : "http";
}

std::string_view word(model::ClientAuth::Mode mode) {
  return mode == model::ClientAuth::Mode::required ? "required" : "optional";
}

std::vector<ServedCertificate> first_to_expire(std::span<const ServedCertificate> certificates) {
  std::vector<ServedCertificate> first;
  for (const ServedCertificate& one : certificates) {
    const auto known = std::ranges::find(first, one.listener, &ServedCertificate::listener);
    if (known == first.end()) {
      first.push_back(one);
    } else if (one.not_after < known->not_after) {
      *known = one;
    }
  }
  return first;
}

Handshakes handshakes(const observe::ListenerTotal& total) {
  Handshakes sum;
  for (const auto& [words, count] : total.tls_handshakes) {
    if (words.first == "full") {
      sum.full += count;
    } else if (words.first == "resumed") {
      sum.resumed += count;
    } else {
      sum.failed += count;
    }
  }
  return sum;
}

}  // namespace weir::admin
