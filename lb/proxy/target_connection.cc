#include "lb/proxy/target_connection.h"

#include <utility>

#include "lb/proxy/group.h"
#include "lb/proxy/target.h"

namespace weir::proxy {

TargetConnection::TargetConnection(Target& target, std::unique_ptr<net::ByteStream> stream,
                                   net::TlsStream* tls, const Approach& approach)
    : Http1Client(target.context().wire, target.context().http1, std::move(stream), /*connecting=*/true,
                  target.group().client_policy(), target),
      TargetLink(target, tls, approach) {}

// With TLS 1.3 a target refuses weir's certificate when the handshake is over for weir. An alert that comes
// later is as good as a reset.
wire::Failure TargetConnection::explained(const wire::Failure& failure) {
  if (!connecting() && (reused() || response_begun())) return failure;
  return explained_by_tls(failure);
}

SharedTargetConnection::SharedTargetConnection(Target& target, std::unique_ptr<net::ByteStream> stream,
                                               net::TlsStream* tls, const Approach& approach)
    : Http2Client(target.context().wire, target.context().http2, std::move(stream), /*connecting=*/true,
                  target.group().client_policy(), target.group().http2_policy(),
                  tls != nullptr ? "https" : "http", target),
      TargetLink(target, tls, approach) {}

wire::Failure SharedTargetConnection::explained(const wire::Failure& failure) {
  if (const wire::Http2Fault& its_fault = fault(); its_fault.error != http::H2Error::no_error) {
    target().group().warn_of_http2_fault(target(), its_fault.word);
  }
  return settled() ? failure : explained_by_tls(failure);
}

// RFC 9113 3.2: over TLS only what ALPN has agreed on.
wire::Failure SharedTargetConnection::unfit() {
  if (tls() == nullptr || tls()->alpn() == kHttp2Alpn) return {};
  target().group().warn_of_no_http2(target());
  return {wire::Reason::target_tls, http::Problem::none, 0};
}

}  // namespace weir::proxy
