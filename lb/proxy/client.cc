#include "lb/proxy/client.h"

#include "lb/http/client_address.h"
#include "lb/http/client_certificate.h"
#include "lb/proxy/listener.h"

namespace weir::proxy {
namespace {

const base::SocketAddress& source(const Seat& seat, const Introduction& introduction) {
  const bool said = introduction.proxied && introduction.proxied->ends;
  return said ? introduction.proxied->ends->source : seat.peer;
}

}  // namespace

Client::Client(Listener& its_listener, Seat its_seat, Introduction introduction)
    : Connection(its_listener, std::move(its_seat)), introduction_(std::move(introduction)) {
  const base::SocketAddress& from = source(seat(), introduction_);
  ip_ = from.ip();
  port_ = from.port();
  unix_ = from.is_unix();
  ip_text_ = unix_ ? "unix" : ip_.to_string();
  if (const std::uint16_t entered = entered_port(); entered != entrance().port) {
    proxied_port_text_ = std::to_string(entered);
  }
}

std::uint16_t Client::entered_port() const {
  const net::ProxyHeader* const said = introduction_.proxied.get();
  const bool has_port = said != nullptr && said->ends && !said->ends->destination.is_unix();
  return has_port ? said->ends->destination.port() : entrance().port;
}

std::string_view Client::entered_port_text() const {
  return proxied_port_text_.empty() ? entrance().port_text : proxied_port_text_;
}

const http::FieldList* Client::certificate_fields() {
  const net::TlsPeer* const peer = tls() != nullptr ? tls()->peer.get() : nullptr;
  if (peer == nullptr || certificate_fields_ != nullptr) return certificate_fields_.get();
  auto fields = std::make_unique<http::FieldList>();
  http::add_certificate_fields({.subject = peer->subject,
                                .issuer = peer->issuer,
                                .serial = peer->serial,
                                .fingerprint = peer->fingerprint,
                                .not_before = peer->not_before,
                                .not_after = peer->not_after,
                                .leaf_pem = peer->leaf_pem},
                               *fields);
  certificate_fields_ = std::move(fields);
  return certificate_fields_.get();
}

const observe::AccessClient& Client::access_part(bool grpc) {
  if (access_part_ == nullptr || access_part_is_grpc_ != grpc) {
    access_part_is_grpc_ = grpc;
    const std::string_view type =
        observe::access_type({.tls = tls() != nullptr, .http2 = speaks_http2(), .grpc = grpc});
    access_part_ = std::make_unique<const observe::AccessClient>(type, listener().name(), ip_text_, port_,
                                                                 access_introduction(*this));
  }
  return *access_part_;
}

void Client::meet(const ListenerView& view) {
  if (met_ == view.serial()) return;
  met_ = view.serial();
  trusted_ = !unix_ && http::is_trusted(ip_, view.model().forwarded.trust);
}

observe::AccessIntroduction access_introduction(const Client& client) {
  observe::AccessIntroduction part;
  if (const net::TlsFacts* const tls = client.tls(); tls != nullptr) {
    part.tls = {.version = tls->version, .cipher = tls->cipher, .server_name = tls->server_name};
  }
  const net::ProxyHeader* const said = client.proxied();
  if (said == nullptr) return part;
  part.proxied_alpn = said->alpn;
  part.proxied_tls.server_name = said->authority;
  if (said->tls) {
    part.proxied_tls.version = said->tls->version;
    part.proxied_tls.cipher = said->tls->cipher;
  }
  return part;
}

}  // namespace weir::proxy
