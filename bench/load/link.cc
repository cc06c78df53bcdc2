#include "bench/load/link.h"

#include <utility>

#include "lb/net/tcp_stream.h"

namespace weir::bench {

std::expected<Opened, int> open_stream(LinkContext& shared) {
  auto stream = net::TcpStream::connect(shared.context.loop, shared.address);
  if (!stream) return std::unexpected(stream.error());
  if (!shared.security) return Opened{*std::move(stream)};
  auto secured = shared.security->secure(*std::move(stream));
  net::TlsStream* const tls = secured.get();
  return Opened{std::move(secured), tls};
}

wire::Failure explained_by(const net::TlsStream* tls, const wire::Failure& failure) {
  if (tls == nullptr || tls->failure() == net::TlsFailure::none) return failure;
  return {wire::Reason::target_tls, http::Problem::none, 0};
}

}  // namespace weir::bench
